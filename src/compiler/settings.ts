/** The policy's settings as the engine reads them. */
import type { Outcome, PolicySettings } from '../dsl/checked.ts';
import type { PolicyOutcome, ProgramSettings } from '../engine/program.ts';
import { routeBits } from '../engine/route-table.ts';
import type { ProgramBuilder } from './program-builder.ts';

export function compileSettings(builder: ProgramBuilder): ProgramSettings {
  const { settings, options } = builder;
  return {
    monitorOnly: (options.mode ?? settings.mode) !== 'enforce',
    defaultOutcome: outcome(settings.defaultOutcome),
    onEngineError: outcome(settings.onEngineError),
    onBanned: outcome(settings.onBanned),
    onUninspectableRequest: outcome(settings.onUninspectableRequest),
    onUninspectableResponse: outcome(settings.onUninspectableResponse),
    bodyHoldBytes: settings.bodyHoldBytes,
    bodyWindowBytes: settings.bodyWindowBytes,
    bodyBytesMax: settings.bodyBytesMax,
    bodyOverMax: outcome(settings.bodyOverMax),
    responseHoldBytes: settings.responseHoldBytes,
    responseOver: settings.responseOver === 'scan' ? 'scan' : outcome(settings.responseOver),
    thresholds: thresholds(builder, settings),
  };
}

function thresholds(builder: ProgramBuilder, settings: PolicySettings): ProgramSettings['thresholds'] {
  return settings.thresholds.map((threshold) => ({
    name: `policy.threshold.${threshold.subject}`,
    subject: threshold.subject,
    points: threshold.points,
    routes: threshold.routes.length === 0 ? null : routeBits(builder.routes(threshold.routes)),
    outcome: outcome(threshold.outcome),
    label: threshold.label,
  }));
}

function outcome(value: Outcome): PolicyOutcome {
  return value.kind === 'block'
    ? { kind: 'block', status: value.status, retryAfterS: value.retryAfterS }
    : { kind: value.kind };
}
