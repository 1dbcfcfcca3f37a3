/**
 * What imported rules do, construct by construct: SecLang of our own goes through import, checker, compiler and engine,
 * and requests show which rules match. One set also runs in a whole Ward, whose event is read as tools read it.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { compilePolicy, inspect } from '../../src/library.ts';
import type { Engine, PlainRequest, Report } from '../../src/library.ts';
import { importTexts } from '../unit/seclang/imported.ts';
import { RunningWard, startService, stopService, ward } from './ward-process.ts';

/** The engine of some files, monitoring, so that every rule shows. */
function engineOf(rules: string, files: Readonly<Record<string, string>> = {}): Engine {
  const texts = { ...files, 'rules.conf': `SecRuleEngine DetectionOnly\n${rules}` };
  const imported = importTexts(texts, { exact: true });
  const lost = imported.report.entries.filter(({ outcome }) => outcome === 'left-out');
  expect([...imported.report.problems, ...lost]).toEqual([]);
  const { engine, diagnostics } = compilePolicy({
    sources: [...imported.files].map(([path, text]) => ({ path, text })),
    listFiles: new Map(imported.lists.map(({ path, entries }) => [path, entries])),
  });
  if (engine === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return engine;
}

async function reportOf(engine: Engine, request: PlainRequest): Promise<Report> {
  const { report } = await inspect(engine, request);
  if (report === null) throw new Error('refused by the guard');
  return report;
}

async function idsOf(engine: Engine, request: PlainRequest): Promise<number[]> {
  const { matches } = await reportOf(engine, request);
  return matches.map(({ id }) => id ?? 0).sort((a, b) => a - b);
}

const get = (target: string, ...headers: (readonly [string, string])[]): PlainRequest => ({
  target,
  headers,
});

function post(type: string, body: string, target = '/'): PlainRequest {
  return { method: 'POST', target, headers: [['Content-Type', type]], body };
}

const FORM = 'application/x-www-form-urlencoded';

type Case = readonly [what: string, request: PlainRequest, ids: readonly number[]];

function behaves(what: string, rules: string, cases: readonly Case[], files?: Record<string, string>): void {
  describe(what, () => {
    const engine = engineOf(rules, files);
    test.each(cases)('%s', async (_what, request, ids) => {
      expect(await idsOf(engine, request)).toEqual(ids);
    });
  });
}

behaves(
  'a chain whose links read captures',
  `SecRule ARGS "@rx ^go:(\\w+)/(\\d+)$" "id:1,phase:2,deny,capture,chain"
   SecRule TX:1 "@streq home" "t:lowercase,chain"
   SecRule TX:2 "@gt 9"`,
  [
    ['all hold', get('/?a=go:HOME/10'), [1]],
    ['the first group differs', get('/?a=go:away/10'), []],
    ['the second group is too small', get('/?a=go:home/9'), []],
    ['groups of two values do not mix', get('/?a=go:home/9&b=go:away/10'), []],
  ],
);

describe('the message of a chain with several captures', () => {
  const engine = engineOf(
    `SecRule ARGS "@rx #.*" "id:1,phase:2,deny,capture,logdata:'%{TX.0} in %{MATCHED_VAR_NAME}: %{MATCHED_VAR}',chain"
     SecRule TX:0 "@rx \\$[a-z]" "capture,chain"
     SecRule MATCHED_VAR "@rx /"`,
  );

  it('tells the last, and what it was taken from', async () => {
    const { matches } = await reportOf(engine, get('/?q=one%23two$u/three'));
    expect(matches.map(({ message }) => message)).toEqual(['$u in ARGS:q: #two$u/three']);
  });
});

behaves(
  'a chain of independent links',
  `SecRule REQUEST_METHOD "@streq POST" "id:1,phase:2,deny,chain"
   SecRule REQUEST_HEADERS:X-Kind "@rx ^beta$" "chain"
   SecRule &ARGS "@ge 2"`,
  [
    [
      'all hold',
      {
        ...post(FORM, 'a=1&b=2'),
        headers: [
          ['Content-Type', FORM],
          ['X-Kind', 'beta'],
        ],
      },
      [1],
    ],
    ['a link is missing', post(FORM, 'a=1&b=2'), []],
  ],
);

behaves(
  'MATCHED_VARS',
  `SecRule ARGS "@contains left" "id:1,phase:2,deny,chain"
   SecRule MATCHED_VARS "@contains right"
   SecRule ARGS "@contains left" "id:2,phase:2,deny,chain"
   SecRule MATCHED_VARS|XML:/* "@contains inside"`,
  [
    ['the same value', get('/?a=left+right'), [1]],
    ['two values', get('/?a=left&b=right'), []],
    ['another variable beside it', post('application/xml', '<a>inside</a>', '/?a=left'), [2]],
    ['the other variable alone', post('application/xml', '<a>inside</a>', '/?a=x'), []],
  ],
);

describe('setvar scoring and paranoia', () => {
  const scoring = `SecAction "id:1,phase:1,nolog,pass,setvar:tx.blocking_paranoia_level=2,setvar:tx.detection_paranoia_level=3,setvar:tx.critical_anomaly_score=5,setvar:tx.inbound_limit=8"
    SecRule ARGS "@contains one" "id:11,phase:2,block,severity:CRITICAL,msg:'One',tag:'paranoia-level/1',setvar:tx.xss_score=+%{tx.critical_anomaly_score},setvar:tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}"
    SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 2" "id:20,phase:2,nolog,pass,skipAfter:DONE"
    SecRule ARGS "@contains two" "id:22,phase:2,block,severity:CRITICAL,tag:'paranoia-level/2',setvar:tx.inbound_anomaly_score_pl2=+%{tx.critical_anomaly_score}"
    SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 3" "id:30,phase:2,nolog,pass,skipAfter:DONE"
    SecRule ARGS "@contains three" "id:33,phase:2,block,severity:CRITICAL,tag:'paranoia-level/3',setvar:tx.inbound_anomaly_score_pl3=+%{tx.critical_anomaly_score}"
    SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 4" "id:40,phase:2,nolog,pass,skipAfter:DONE"
    SecRule ARGS "@contains four" "id:44,phase:2,block,severity:CRITICAL,tag:'paranoia-level/4',setvar:tx.inbound_anomaly_score_pl4=+%{tx.critical_anomaly_score}"
    SecMarker DONE
    SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 1" "id:50,phase:2,nolog,pass,setvar:tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl1}"
    SecRule TX:BLOCKING_INBOUND_ANOMALY_SCORE "@ge %{tx.inbound_limit}" "id:60,phase:2,deny,status:406,msg:'Total %{tx.blocking_inbound_anomaly_score}'"`;
  const engine = engineOf(scoring);

  it('runs the levels up to the one observed, and scores those', async () => {
    const report = await reportOf(engine, get('/?a=one+two+three+four'));
    expect(report.matches.map(({ id }) => id).sort()).toEqual([11, 22, 33]);
    expect(report.shadowScores).toMatchObject({ request: 15, xss: 5 });
  });

  it('refuses from the threshold on, and says so by its number', async () => {
    expect((await reportOf(engine, get('/?a=one'))).shadow.action).toBe('pass');
    const { shadow, thresholds } = await reportOf(engine, get('/?a=one+two'));
    expect(shadow).toMatchObject({ action: 'block', status: 406, by: 'policy.threshold.request' });
    expect(thresholds).toMatchObject([{ id: 60, title: 'Total 10' }]);
  });
});

behaves(
  'skipAfter on a request',
  `SecRule REQUEST_HEADERS:X-Skip "@streq yes" "id:1,phase:2,nolog,pass,skipAfter:OVER"
   SecRule ARGS "@contains bad" "id:2,phase:2,deny"
   SecMarker OVER
   SecRule ARGS "@contains bad" "id:3,phase:2,deny"`,
  [
    ['not skipped', get('/?a=bad'), [2, 3]],
    ['skipped up to the marker', get('/?a=bad', ['X-Skip', 'yes']), [3]],
  ],
);

behaves(
  'ctl that takes rules and targets away',
  `SecRule REQUEST_URI "@beginsWith /free" "id:1,phase:1,nolog,pass,ctl:ruleRemoveById=10"
   SecRule REQUEST_URI "@beginsWith /tagged" "id:2,phase:1,nolog,pass,ctl:ruleRemoveByTag=words"
   SecRule REQUEST_URI "@beginsWith /target" "id:3,phase:1,nolog,pass,ctl:ruleRemoveTargetById=10;ARGS:text"
   SecRule REQUEST_URI "@beginsWith /both" "id:4,phase:1,nolog,pass,ctl:ruleRemoveTargetByTag=words;ARGS:text"
   SecRule ARGS "@contains bad" "id:10,phase:2,deny,tag:'words'"
   SecRule ARGS "@contains bad" "id:11,phase:2,deny,tag:'words'"`,
  [
    ['nothing taken away', get('/?text=bad'), [10, 11]],
    ['by number', get('/free?text=bad'), [11]],
    ['by tag', get('/tagged?text=bad'), []],
    ['one argument of one rule', get('/target?text=bad'), [11]],
    ['the other arguments stay', get('/target?text=bad&b=bad'), [10, 11]],
    ['one argument of a tag', get('/both?text=bad'), []],
  ],
);

behaves(
  'pmFromFile, pm and within',
  `SecAction "id:1,phase:1,nolog,pass,setvar:'tx.kinds=|a/b| |c/d|'"
   SecRule ARGS "@pmFromFile words.data" "id:2,phase:2,deny"
   SecRule ARGS "@pm alpha beta" "id:3,phase:2,deny"
   SecRule REQUEST_HEADERS:Content-Type "@rx ^[^;\\s]+" "id:4,phase:1,deny,capture,setvar:'tx.kind=|%{tx.0}|',chain"
   SecRule TX:kind "!@within %{tx.kinds}" "t:lowercase"`,
  [
    ['a word of the file, in any case', get('/?a=a+FORBIDDEN+word'), [2]],
    ['a comment of the file is no word', get('/?a=note'), []],
    ['a word in the rule', get('/?a=gamma,beta'), [3]],
    ['a type within the constant', post('A/B; x=1', 'x'), []],
    ['a type that is not', post('a/x', 'x'), [4]],
  ],
  { 'words.data': '# note\nforbidden word\n' },
);

behaves(
  'multiMatch and validateByteRange',
  `SecRule ARGS "@rx ^%41$" "id:1,phase:2,deny,t:none,t:urlDecode"
   SecRule ARGS "@rx ^%41$" "id:2,phase:2,deny,t:none,t:urlDecode,multiMatch"
   SecRule ARGS "@validateByteRange 32-126" "id:3,phase:2,deny,t:none"
   SecRule REQUEST_HEADERS:X-Text "@validateByteRange 9,32-126,128-255" "id:4,phase:1,deny,t:none"`,
  [
    ['the text before a transformation, with multiMatch alone', get('/?a=%2541'), [2]],
    ['the text behind it', get('/?a=%252541'), [1, 2]],
    ['a byte outside the range', get('/?a=%01'), [3]],
    ['a byte inside of another range', get('/', ['X-Text', 'caf\xc3\xa9']), []],
  ],
);

behaves(
  'bodies',
  `SecRule MULTIPART_PART_HEADERS "@rx content-type:.*zip" "id:1,phase:2,deny,t:lowercase"
   SecRule FILES "@endsWith .php" "id:2,phase:2,deny"
   SecRule FILES_NAMES "@streq upload" "id:3,phase:2,deny"
   SecRule XML:/* "@contains evil" "id:4,phase:2,deny"
   SecRule ARGS:json.name|ARGS:/^json.items/ "@contains evil" "id:5,phase:2,deny"
   SecRule REQUEST_BODY "@contains raw" "id:6,phase:2,deny"`,
  [
    [
      'headers, names and file names of parts',
      post(
        'multipart/form-data; boundary=b',
        '--b\r\nContent-Disposition: form-data; name="upload"; filename="x.php"\r\nContent-Type: application/zip\r\n\r\nPK\r\n--b--\r\n',
      ),
      [1, 2, 3],
    ],
    [
      'a part whose header servers read differently',
      post(
        'multipart/form-data; boundary=b',
        '--b\r\nContent-Disposition: form-data; name=upload; filename=x.php\r\n\r\nPK\r\n--b--\r\n',
      ),
      [2, 3],
    ],
    ['text of XML', post('application/xml', '<a><b>so evil</b></a>'), [4]],
    ['attributes of XML', post('text/xml', '<a b="evil"/>'), [4]],
    ['the body as it is', post('text/plain', 'some raw text'), [6]],
    ['a form behind an escape that is none', post(FORM, 'a=100%&b=raw'), [6]],
  ],
);

behaves(
  'phases of the response',
  `SecRule RESPONSE_STATUS "@streq 500" "id:1,phase:3,deny"
   SecRule RESPONSE_HEADERS:X-Debug "@contains trace" "id:2,phase:3,deny"
   SecRule RESPONSE_BODY "@contains secret" "id:3,phase:4,deny"
   SecRule ARGS "@streq on" "id:4,phase:4,deny,chain"
   SecRule RESPONSE_BODY "@contains secret"`,
  [
    [
      'status and header',
      { target: '/', response: { status: 500, headers: [['X-Debug', 'a trace']], body: 'fine' } },
      [1, 2],
    ],
    ['body', { target: '/', response: { status: 200, body: 'a secret' } }, [3]],
    [
      'request and response together',
      { target: '/?a=on', response: { status: 200, body: 'a secret' } },
      [3, 4],
    ],
  ],
);

describe('a whole Ward with imported rules', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ward-imported-'));
    mkdirSync(join(directory, 'rules'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('lists what matched as {id, msg, data}, and the threshold behind it', async () => {
    writeFileSync(
      join(directory, 'rules/scoring.conf'),
      `SecAction "id:1,phase:1,nolog,pass,setvar:tx.critical_anomaly_score=5,setvar:tx.limit=5"
SecRule ARGS "@rx ev(i)l" "id:7,phase:2,block,capture,severity:CRITICAL,msg:'Evil word',logdata:'Matched Data: %{TX.0} found within %{MATCHED_VAR_NAME}: %{MATCHED_VAR}',setvar:tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}"
SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 1" "id:8,phase:2,nolog,pass,setvar:tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl1}"
SecRule TX:BLOCKING_INBOUND_ANOMALY_SCORE "@ge %{tx.limit}" "id:9,phase:2,deny,status:406,msg:'Score %{tx.blocking_inbound_anomaly_score}'"
`,
    );
    const imported = await ward(['import', 'seclang', 'rules', '-o', 'out'], { cwd: directory });
    expect(imported).toMatchObject({ code: 0 });
    const service = await startService((_request, response) => response.end('ok'));
    const running = await RunningWard.start(['--upstream', service.url, '--rules', 'out'], {
      cwd: directory,
    });
    try {
      expect((await fetch(`${running.url}/?q=good`)).status).toBe(200);
      expect((await fetch(`${running.url}/?q=so%20evil`)).status).toBe(406);
      const { rules, by } = await running.event('request.blocked');
      expect(by).toBe('policy.threshold.request');
      expect(rules).toMatchObject([
        { id: 7, msg: 'Evil word', data: 'Matched Data: evil found within ARGS:q: so evil' },
        { id: 9, msg: 'Score 5' },
      ]);
    } finally {
      await running.stop();
      await stopService(service.server);
    }
  });
});
