import { describe, expect, test } from 'vitest';
import { analyseForChecker } from '../../../src/compiler/regex-analyser.ts';
import { checkProgram } from '../../../src/dsl/checker/check-program.ts';
import { parseFile } from '../../../src/dsl/parser.ts';
import { createSource } from '../../../src/dsl/source.ts';
import { countOutcomes, renderReport } from '../../../src/seclang/report.ts';
import { condition, importTexts, outcomes, ruleText } from './imported.ts';

/** Rules with hand-made scoring, in the manner of rule sets that people run. */
const SCORED = `SecDefaultAction "phase:2,log,pass"
SecAction "id:10,phase:1,nolog,pass,setvar:tx.blocking_paranoia_level=2,setvar:tx.critical_anomaly_score=5,setvar:tx.limit=5"
SecRule &TX:limit "@eq 0" "id:11,phase:1,nolog,pass,setvar:tx.limit=9"
SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 2" "id:12,phase:2,pass,nolog,skipAfter:END"
SecRule ARGS "@rx evil" "id:20,phase:2,block,msg:'Evil',tag:'a/b',severity:'CRITICAL',logdata:'%{TX.0} in %{MATCHED_VAR_NAME} {x}',capture,setvar:'tx.foo_score=+%{tx.critical_anomaly_score}',setvar:'tx.inbound_anomaly_score_pl2=+%{tx.critical_anomaly_score}'"
SecMarker "END"
SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 2" "id:25,phase:2,pass,nolog,setvar:tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl2}"
SecRule TX:BLOCKING_INBOUND_ANOMALY_SCORE "@ge %{tx.limit}" "id:30,phase:2,deny,status:406"`;

describe('scoring', () => {
  test('thresholds and the report of scores keep their numbers and titles', () => {
    const scored = SCORED.replace(
      '"id:30,phase:2,deny,status:406"',
      `"id:30,phase:2,deny,status:406,msg:'{Total} %{tx.blocking_inbound_anomaly_score} of %{tx.limit}, pl2 %{tx.inbound_anomaly_score_pl2}, foo %{tx.foo_score}'"`,
    );
    const reporting = `${scored}
SecRule TX:DETECTION_ANOMALY_SCORE "@eq 0" "id:40,phase:5,pass,nolog,skipAfter:END-REPORT"
SecAction "id:41,phase:5,pass,msg:'In %{tx.blocking_inbound_anomaly_score} out %{tx.blocking_outbound_anomaly_score} all %{tx.anomaly_score}'"
SecMarker "END-REPORT"`;
    const policy = importTexts({ 'rules.conf': reporting }).files.get('policy.ward') ?? '';
    expect(policy.replace(/ +/g, ' ')).toContain(
      'threshold request >= 5 -> block 406 id 30 "{{Total}} {score.request} of 5, pl2 \\xe2\\x80\\xa6, foo {score.foo}"\n threshold exchange >= 1 -> log id 41 "In {score.request} out {score.response} all {score.exchange}"',
    );
    expect(outcomes(reporting)).toContain('41 replaced: the event lists it when there are points');
  });

  test('counters become score, level and threshold', () => {
    const { files } = importTexts({ 'rules.conf': SCORED });
    expect(files.get('policy.ward')).toMatch(
      /threshold +request >= 5 -> block 406 id 30 "Rule 30"\n +paranoia +2\b/,
    );
    expect(ruleText(SCORED)).toBe(
      '/// From rules.conf, line 5. rule rules.r20 "Evil" { severity critical level 2 id 20 tags ["a/b"] when any args matches /evil/ then score to foo message "{match.text} in {match.variable} {{x}}" }',
    );
    expect(outcomes(SCORED)).toEqual([
      '11 inactive: &TX:limit @eq 0 does not hold with these settings',
      '10 replaced: its settings are in the policy',
      '12 replaced: levels and sums are built in',
      '20 carried: rules.r20',
      '25 replaced: levels and sums are built in',
      '30 replaced: it is the threshold of the request',
    ]);
  });

  test('other points than those of the severity are written out', () => {
    const text = `SecRule ARGS "@rx a" "id:1,block,severity:CRITICAL,setvar:tx.inbound_anomaly_score_pl1=+2"`;
    expect(ruleText(text)).toContain('then score 2 ');
  });
});

describe('skipAfter', () => {
  const text = (mark: string): string => `SecRule REQUEST_METHOD "@streq GET" "id:1,pass,nolog,skipAfter:X"
SecRule ARGS "@rx a" "id:2,deny,phase:2"
SecRule ARGS "@rx a" "id:3,deny,phase:1"
SecMarker ${mark}`;

  test('a condition joins the rules of its phase', () => {
    expect(ruleText(text('X'))).toContain('fn skipped_by_1(): Bool = request.method |> text == "GET"');
    expect(ruleText(text('X'))).toContain('when not skipped_by_1() and any args matches /a/');
    expect(ruleText(text('X'))).toContain('id 3 when any args matches /a/');
  });

  test('without marker it is said', () => {
    const { report } = importTexts({ 'rules.conf': text('Y') });
    expect(report.problems).toMatchObject([{ code: 'S014', reason: 'no SecMarker X follows' }]);
    expect(report.entries.map(({ id, outcome }) => [id, outcome])).toEqual([
      [1, 'joined'],
      [2, 'carried'],
      [3, 'carried'],
    ]);
  });
});

describe('exclusions', () => {
  const base = `SecRule ARGS|REQUEST_COOKIES "@rx a" "id:100,deny,tag:'t/one'"
SecRule ARGS "@rx b" "id:200,deny,tag:'t/two'"\n`;

  test.each([
    ['ctl:ruleRemoveById=100', 'exclude id 100 { when'],
    ['ctl:ruleRemoveById=100-199', 'exclude id 100..199 { when'],
    ['ctl:ruleRemoveByTag=t/', 'exclude tag "t/one", tag "t/two" { when'],
    ['ctl:ruleRemoveTargetById=100;ARGS:Tok', 'exclude id 100 { target args[/^Tok$/i] when'],
    [
      'ctl:ruleRemoveTargetByTag=t/one;REQUEST_COOKIES:a',
      'exclude tag "t/one" { target request.cookies[/^a$/i] when',
    ],
    ['ctl:ruleEngine=Off', 'exclude id 100..200 { when'],
  ])('%s', (control, expected) => {
    const text = `${base}SecRule REQUEST_URI "@beginsWith /x" "id:1,phase:1,pass,nolog,${control}"`;
    expect(ruleText(text)).toContain(`${expected} request.target starts_with "/x" because "rule 1" }`);
  });

  test('one that means no rule is left away', () => {
    const text = `${base}SecRule REQUEST_URI "@rx x" "id:1,pass,nolog,ctl:ruleRemoveById=7"`;
    expect(outcomes(text)).toContain('1 replaced: no rule that was carried is meant');
  });

  test('directives change the rules themselves', () => {
    const text = `${base}SecRuleUpdateTargetById 100 "!ARGS:tok"\nSecRuleRemoveByTag t/two\nSecRuleUpdateActionById 100 "pass,log"`;
    expect(ruleText(text)).toContain(
      'when any (args except [/^tok$/i], request.cookies) matches /a/ then log',
    );
    expect(outcomes(text)).toContain('200 removed: rules.conf:4 takes it away');
  });
});

describe('actions', () => {
  test.each([
    ['deny', 'block 403'],
    ['deny,status:404', 'block 404'],
    ['drop', 'block 403'],
    ['pass,log', 'log'],
    ["redirect:'https://example.org/'", 'redirect 302 "https://example.org/"'],
  ])('%s', (actions, expected) => {
    expect(ruleText(`SecRule REQUEST_URI "@rx a" "id:1,phase:1,${actions}"`)).toContain(`then ${expected} }`);
  });

  test('block is what SecDefaultAction says', () => {
    const rule = 'SecRule ARGS "@rx a" "id:1,phase:2,block"';
    expect(ruleText(rule)).toContain('then log }');
    expect(ruleText(`SecDefaultAction "phase:2,deny,status:405"\n${rule}`)).toContain('then block 405 }');
  });

  test('allow is not carried', () => {
    expect(outcomes('SecRule ARGS "@rx a" "id:1,allow"')).toEqual([
      '1 left-out: allow ends the inspection; write an exclude',
    ]);
  });
});

test('default transformations come before those of the rule', () => {
  const text = 'SecDefaultAction "phase:2,pass,t:lowercase"\nSecRule ARGS "@rx a" "id:1,deny,t:trim"';
  expect(condition(text)).toBe('any args |> lower |> trim matches /a/');
});

test('data files become lists beside the rules', () => {
  const { files, lists } = importTexts({
    'rules.conf': 'SecRule ARGS "@pmFromFile bad-words.data" "id:1,deny"',
    'bad-words.data': '# words\nOne\n\n  two \n',
  });
  expect(files.get('policy.ward')).toContain(
    'list data_bad_words : String from "lists/bad-words.data" |> lower',
  );
  expect(lists).toEqual([{ path: 'lists/bad-words.data', entries: ['One', 'two'] }]);
});

test('the report counts outcomes and lists what was not carried', () => {
  const { report } = importTexts({
    'rules.conf': 'SecRule ARGS "@rx a" "id:1,deny"\nSecRule GEO:X "@rx a" "id:2,deny"',
  });
  expect(countOutcomes(report).get('carried')).toBe(1);
  expect(renderReport(report, false)).toBe(
    'rules.conf:2: left-out[S016] 2: GEO has no counterpart\n1 carried, 1 left-out; 0 errors',
  );
});

test('the checker accepts what is printed', () => {
  const { files } = importTexts({ 'rules.conf': SCORED });
  const parsed = [...files].map(([path, text]) => parseFile(createSource(path, text)));
  expect(parsed.flatMap(({ diagnostics }) => diagnostics)).toEqual([]);
  const checked = checkProgram(
    parsed.map(({ file }) => file),
    { regex: analyseForChecker, today: '2026-01-01' },
  );
  expect(checked.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
});

test('a threshold that no rule can reach is no part of the policy', () => {
  const { files } = importTexts({
    'rules.conf': `SecRule ARGS "@rx a" "id:1,phase:2,pass,severity:CRITICAL,setvar:tx.inbound_anomaly_score_pl1=+5"
SecRule TX:INBOUND_ANOMALY_SCORE_PL1 "@ge 5" "id:949110,phase:2,deny"
SecRule TX:OUTBOUND_ANOMALY_SCORE_PL1 "@ge 4" "id:959100,phase:4,deny"`,
  });
  const policy = files.get('policy.ward') ?? '';
  expect(policy).toMatch(/threshold\s+request >= 5/);
  expect(policy).not.toContain('response');
});
