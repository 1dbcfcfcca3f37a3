/** The flags that are settings: each names the setting it gives, so that help, precedence and errors agree. */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { FlagSettings } from '../config/layers.ts';
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';

interface SettingFlag {
  readonly flags: string;
  readonly description: string;
  readonly setting: string;
  readonly repeatable?: boolean;
}

const SETTING_FLAGS: readonly SettingFlag[] = [
  { flags: '--role <role>', description: 'api, web, internal or webhook-receiver', setting: 'role' },
  { flags: '--listen <host:port>', description: 'where clients connect', setting: 'listen' },
  {
    flags: '--upstream <url>',
    description: 'the service: http://…, https://… or unix:/…',
    setting: 'upstream.url',
  },
  {
    flags: '--rules <path>',
    description: 'rule file, directory or glob',
    setting: 'rules',
    repeatable: true,
  },
  { flags: '--workers <n>', description: 'worker threads, or auto', setting: 'workers' },
  { flags: '--listener <kind>', description: 'uws (fast) or node (strict)', setting: 'listener' },
  { flags: '--profile <name>', description: 'profile of the policy', setting: 'profile' },
  {
    flags: '--mode <mode>',
    description: 'enforce, monitor or off, instead of the policy’s',
    setting: 'mode',
  },
  { flags: '--host <host>', description: 'host clients may ask for', setting: 'hosts', repeatable: true },
  {
    flags: '--trusted-proxy <network>',
    description: 'peer whose x-forwarded-* fields are believed',
    setting: 'trusted_proxies',
    repeatable: true,
  },
  { flags: '--origin <origin>', description: 'may open WebSockets', setting: 'origins', repeatable: true },
  { flags: '--admin <host:port>', description: 'health and status, or off', setting: 'admin.listen' },
  { flags: '--drain-timeout <time>', description: 'patience at shutdown', setting: 'drain_timeout' },
  { flags: '--log-level <level>', description: 'debug, info, warn or error', setting: 'logs.level' },
  { flags: '--log-format <format>', description: 'auto, json or pretty', setting: 'logs.format' },
  { flags: '--log-to <where>', description: 'stdout, stderr or a file', setting: 'logs.destination' },
];

const SWITCHES: readonly SettingFlag[] = [
  { flags: '--access-log', description: 'log requests that pass, too', setting: 'logs.access' },
  {
    flags: '--debug-rules-header',
    description: 'answer with x-ward-rules; for tests only',
    setting: 'debug_rules_header',
  },
];

/** Adds `--config` and all setting flags to a command. */
export function addSettingFlags(command: Command): Command {
  command.option('-c, --config <file>', 'configuration file (default: ward.yaml if it is there)');
  for (const { flags, description, repeatable } of SETTING_FLAGS) {
    const option = new Option(flags, repeatable === true ? `${description}; repeatable` : description);
    if (repeatable === true) {
      option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    }
    command.addOption(option);
  }
  for (const { flags, description } of SWITCHES) command.option(flags, description);
  return command.option('--no-watch', 'do not reload when rule files change (SIGHUP still does)');
}

/** Loads the configuration from a command's options. @throws ConfigError */
export function loadFromOptions(options: Readonly<Record<string, unknown>>): LoadedConfig {
  return loadConfig({
    file: options.config as string | undefined,
    environment: process.env,
    flags: flagSettings(options),
    workingDirectory: process.cwd(),
  });
}

function flagSettings(options: Readonly<Record<string, unknown>>): FlagSettings {
  const settings = new Map<string, { flag: string; value: string | boolean | readonly string[] }>();
  for (const { flags, setting } of [...SETTING_FLAGS, ...SWITCHES]) {
    const flag = flags.split(' ')[0];
    const value = options[new Option(flags).attributeName()] as string | boolean | string[] | undefined;
    if (value !== undefined) settings.set(setting, { flag, value });
  }
  if (options.watch === false) settings.set('watch', { flag: '--no-watch', value: false });
  if (options.admin === 'off') {
    settings.delete('admin.listen');
    settings.set('admin.enabled', { flag: '--admin', value: false });
  }
  return settings;
}
