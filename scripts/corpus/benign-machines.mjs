// What programs send: services that call webhooks, tokens, uploads, logs; and the list of all generated traffic.
import { percentEncode } from '../../bench/detection/places.mjs';
import { campaign, session } from './benign-browsers.mjs';
import { blob, tracking } from './benign-opaque.mjs';
import { SENTENCES, WORDS, date, jwt, person, uuid } from './vocabulary.mjs';

function webhook(draw) {
  const user = {
    id: draw.int(1e6),
    login: draw.text(8).toLowerCase(),
    name: person(draw),
    url: `https://api.host.example/users/${draw.int(1e6)}{/repo}{?page,per_page}`,
    avatar_url: `https://img.host.example/u/${draw.int(1e6)}?v=4&s=96`,
    site_admin: false,
  };
  const bodies = {
    push: {
      ref: `refs/heads/${draw.pick(['main', "kim/don't-drop", 'release/2.x'])}`,
      before: draw.hex(40),
      after: draw.hex(40),
      commits: [
        {
          id: draw.hex(40),
          message: draw.own(SENTENCES),
          timestamp: date(draw),
          author: { name: person(draw), email: 'kim@mail.example' },
          added: ['src/select.sql', 'bin/run.sh'],
          modified: ['../README.md', 'etc/app.conf'],
        },
      ],
      sender: user,
    },
    issue: {
      action: 'opened',
      issue: {
        number: draw.int(9999),
        title: draw.own(SENTENCES),
        body: `${draw.own(SENTENCES)}\n\n\`\`\`sql\nSELECT id, name FROM users WHERE active = 1 ORDER BY name;\n\`\`\`\n`,
        labels: [{ name: 'type: bug', color: 'd73a4a' }],
        user,
      },
      repository: {
        full_name: 'shop/web',
        clone_url: 'https://code.example/shop/web.git',
        ssh_url: 'git@code.example:shop/web.git',
      },
    },
    payment: {
      id: `evt_${draw.text(24)}`,
      object: 'event',
      api_version: '2024-06-20',
      created: 1_700_000_000 + draw.int(1e7),
      type: 'charge.failed',
      data: {
        object: {
          id: `ch_${draw.text(24)}`,
          amount: draw.int(99_999),
          currency: 'eur',
          description: draw.own(SENTENCES),
          billing_details: {
            name: person(draw),
            email: null,
            address: { line1: "12 King's Road", postal_code: 'SW3 4UH' },
          },
          metadata: { order_id: String(draw.int(1e6)), note: '' },
          outcome: {
            reason: 'insufficient_funds',
            seller_message: "The bank didn't return any further details.",
          },
        },
      },
      livemode: false,
    },
    chat: {
      token: draw.text(24),
      team_id: `T${draw.text(8).toUpperCase()}`,
      event: {
        type: 'message',
        text: `<@U${draw.text(8).toUpperCase()}> ${draw.own(SENTENCES)} <https://shop.example/a?b=1|link>`,
        ts: `17000000${draw.int(99)}.0001`,
        blocks: [{ type: 'rich_text', elements: [] }],
      },
    },
    mail: [
      {
        email: 'kim@mail.example',
        timestamp: 1_700_000_000 + draw.int(1e7),
        'smtp-id': `<${draw.hex(14)}@ismtpd-555>`,
        event: 'processed',
        category: ["mother's day"],
        sg_event_id: draw.text(22),
        useragent: 'Mozilla/4.0 (compatible; MSIE 6.1; Windows XP)',
        url: 'https://shop.example/u?x=1&y=2',
      },
    ],
    monitoring: {
      version: '4',
      status: 'firing',
      alerts: [
        {
          labels: { alertname: 'HighLatency', instance: '10.0.0.7:9100', job: 'node' },
          annotations: {
            summary: 'p99 > 500ms && errors > 1%',
            runbook: 'https://wiki.corp.example/run?id=7#steps',
          },
          generatorURL:
            'http://prometheus:9090/graph?g0.expr=rate%28http_requests_total%7Bcode%3D~%225..%22%7D%5B5m%5D%29+%3E+0.1&g0.tab=1',
          startsAt: date(draw),
        },
      ],
    },
    shop: {
      id: draw.int(1e9),
      title: draw.pick(["Men's T-Shirt", '5" Vase', 'AC/DC Poster']),
      body_html: "<p>It's <strong>soft</strong>.</p><ul><li>100% cotton</li></ul>",
      tags: 'sale, new, 50%',
      variants: [{ sku: `A-${draw.int(999)}`, option1: 'S / M', price: '19.90' }],
      admin_graphql_api_id: `gid://shop/Product/${draw.int(1e9)}`,
    },
    ci: {
      object_kind: 'build',
      build_status: 'failed',
      build_failure_reason: 'script_failure',
      log: `$ npm ci && npm test\n> jest --ci\nFAIL src/cart.test.js\n  ● adds; removes\n    expect(received).toBe(expected) // Object.is equality\nnpm ERR! code ${draw.int(99)}`,
      user,
    },
  };
  const kind = draw.own(Object.keys(bodies));
  return {
    place: 'json',
    method: 'POST',
    target: `/webhooks/${kind}?v=${draw.int(4)}`,
    headers: [
      [
        'user-agent',
        draw.pick(['Hookshot/1.0', 'Go-http-client/1.1', 'Webhooks/2.3 (+https://host.example/docs)']),
      ],
      ['content-type', 'application/json'],
      ['x-signature-256', `sha256=${draw.hex(64)}`],
      ['x-delivery', uuid(draw)],
    ],
    body: JSON.stringify(bodies[kind], null, draw.int(2) * 2),
  };
}

function token(draw) {
  const binary = draw.bytes(24 + draw.int(160));
  const opaque = draw.pick([
    () => jwt(draw),
    () => binary.toString('base64'),
    () => binary.toString('base64url'),
    () => binary.toString('hex'),
    () => Buffer.from(draw.own(SENTENCES)).toString('base64'),
    () =>
      Buffer.from(
        JSON.stringify({ cursor: draw.int(1e6), order: 'created_at desc', q: draw.pick(WORDS) }),
      ).toString('base64'),
    () => `-----BEGIN PUBLIC KEY-----\n${draw.bytes(90).toString('base64')}\n-----END PUBLIC KEY-----`,
    () => `data:image/png;base64,iVBORw0KGgo${binary.toString('base64')}`,
  ])();
  return draw.pick([
    () => ({
      place: 'query',
      method: 'GET',
      target: `/api/items?cursor=${percentEncode(opaque)}&limit=50`,
      headers: [],
    }),
    () => ({
      place: 'json',
      method: 'POST',
      target: '/api/files',
      headers: [['content-type', 'application/json']],
      body: JSON.stringify({ name: 'a.png', content: opaque }),
    }),
    () => ({
      place: 'form',
      method: 'POST',
      target: '/saml/acs',
      headers: [['content-type', 'application/x-www-form-urlencoded']],
      body: `SAMLResponse=${percentEncode(opaque)}&RelayState=${draw.hex(20)}`,
    }),
    () => ({
      place: 'cookie',
      method: 'GET',
      target: '/account',
      headers: [['cookie', `s=${percentEncode(opaque)}`]],
    }),
    () => ({
      place: 'header',
      method: 'GET',
      target: '/api/me',
      headers: [
        ['authorization', `Bearer ${jwt(draw)}`],
        ['x-trace', draw.hex(32)],
      ],
    }),
  ])();
}

function upload(draw) {
  const boundary = draw.pick([
    `----WebKitFormBoundary${draw.text(16)}`,
    `---------------------------${draw.int(1e9)}${draw.int(1e9)}`,
  ]);
  const [name, type, content] = draw.pick([
    () => [
      `Bill (${draw.int(9)}) - O'Neil & Sons.pdf`,
      'application/pdf',
      `%PDF-1.7\n${draw.text(120)}\n%%EOF`,
    ],
    () => ['IMG_2024-11-01 10.30.00.jpg', 'image/jpeg', `\u00ff\u00d8${draw.text(200)}`],
    () => [
      'price list; new.csv',
      'text/csv',
      `id;name;price\n1;"5"" vase";4,90\n2;O'Neil shirt;19,90\n3;=SUM(C1:C2);${draw.int(99)}`,
    ],
    () => ['notes.txt', 'text/plain', `${draw.own(SENTENCES)}\n${draw.own(SENTENCES)}\n`],
    () => [
      'data.json',
      'application/json',
      JSON.stringify({ select: '*', from: 'here', $schema: 'https://json.example/s' }),
    ],
    () => [
      'übersicht_größe.docx',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      `PK\u0003\u0004${draw.text(150)}`,
    ],
    () => [
      'schema.sql',
      'application/sql',
      "CREATE TABLE items (\n  id INT PRIMARY KEY,\n  name TEXT\n);\nINSERT INTO items VALUES (1, 'shirt');\n",
    ],
    () => [
      'icon.svg',
      'image/svg+xml',
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M12 2L2 7l10 5z"/></svg>',
    ],
  ])();
  const body = `--${boundary}\r\nContent-Disposition: form-data; name="comment"\r\n\r\n${draw.own(SENTENCES)}\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n${content}\r\n--${boundary}--\r\n`;
  return {
    place: 'multipart',
    method: 'POST',
    target: '/files',
    headers: [['content-type', `multipart/form-data; boundary=${boundary}`]],
    body,
  };
}

function log(draw) {
  const address = `10.${draw.int(255)}.${draw.int(255)}.7`;
  const lines = [
    `${date(draw)} INFO  [main] o.s.b.w.Server - Started in 2.3 s (pid=${draw.int(9999)})`,
    `${address} - - [18/Nov/2024:10:00:00 +0100] "GET /cart?id=${draw.int(99)}&x=1 HTTP/1.1" 200 ${draw.int(9999)} "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
    `Nov 18 10:00:00 web1 sshd[${draw.int(9999)}]: Accepted publickey for deploy from ${address} port 51${draw.int(99)} ssh2`,
    `Nov 18 10:00:01 web1 CRON[${draw.int(9999)}]: (root) CMD (test -x /usr/sbin/anacron || run-parts /etc/cron.daily)`,
    `${date(draw)} ERROR: relation "orders" does not exist at character 15 STATEMENT: select count(*) from orders`,
    `[${draw.int(9)}.123456] usb 1-1: new high-speed USB device number ${draw.int(9)} using xhci_hcd`,
    `level=warn ts=${date(draw)} caller=main.go:42 msg="retrying" err="dial tcp ${address}:5432: connect: connection refused"`,
    `{"time":"${date(draw)}","level":"error","msg":"can't parse '${draw.pick(WORDS)}'","path":"/var/lib/app/data.db"}`,
    `java.io.IOException: Broken pipe\n\tat sun.nio.ch.FileDispatcherImpl.write0(Native Method)\n\tat org.apache.catalina.connector.OutputBuffer.doFlush(OutputBuffer.java:${draw.int(999)})`,
    `C:\\Program Files\\App\\app.exe --config "C:\\ProgramData\\App\\app.ini" exited with code ${draw.int(9)}`,
    `Warning: mysqli_connect(): (HY000/2002): Connection refused in /var/www/html/index.php on line ${draw.int(99)}`,
    `kernel: [UFW BLOCK] IN=eth0 OUT= MAC=00:16 SRC=${address} DST=10.0.0.1 LEN=40 PROTO=TCP SPT=${draw.int(65_000)} DPT=22`,
    `npm WARN deprecated request@2.88.2: request has been deprecated, see https://code.example/request/issues/3142`,
    `systemd[1]: Started Session ${draw.int(999)} of User root. Reached target Multi-User System.`,
    `docker: Error response from daemon: driver failed programming external connectivity on endpoint web (${draw.hex(12)}).`,
    `Traceback (most recent call last): File "/srv/app/views.py", line ${draw.int(99)}, in get; KeyError: 'id'`,
    `GC(${draw.int(99)}) Pause Young (Normal) (G1 Evacuation Pause) 24M->4M(256M) 3.${draw.int(999)}ms`,
    `DEBUG SQL: UPDATE carts SET total = ? WHERE id = ? -- params: [${draw.int(99)}, ${draw.int(999)}]`,
  ];
  const text = [draw.own(lines), draw.own(lines), draw.own(lines)].join('\n');
  return draw.pick([
    () => ({
      place: 'json',
      method: 'POST',
      target: '/api/logs',
      headers: [['content-type', 'application/json']],
      body: JSON.stringify({ service: 'web', lines: text.split('\n') }),
    }),
    () => ({
      place: 'form',
      method: 'POST',
      target: '/tickets',
      headers: [['content-type', 'application/x-www-form-urlencoded']],
      body: `subject=Error&text=${percentEncode(text)}`,
    }),
    () => ({
      place: 'text',
      method: 'POST',
      target: '/ingest',
      headers: [['content-type', 'text/plain']],
      body: text,
    }),
  ])();
}

/** Kind -> how many, and one of them. */
export const MACHINES = {
  sessions: [180, session],
  campaigns: [200, campaign],
  webhooks: [180, webhook],
  tokens: [200, token],
  uploads: [120, upload],
  logs: [160, log],
  blobs: [140, blob],
  tracking: [140, tracking],
};
