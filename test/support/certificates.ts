/** Certificates made by openssl for one test run: authorities, and a service's or a client's certificate of every kind of wrong. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ListenerTls } from '../../src/proxy/listener.ts';

export interface Certificate {
  /** PEM, intermediates behind it. */
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** What a certificate is made of; the rest is in order. */
export interface CertificateWish {
  /** Alternative names: `DNS:…`, `IP:…`, `URI:…`, `email:…`, separated by commas. */
  readonly names?: string;
  /** As openssl takes it: `/CN=service`. */
  readonly subject?: string;
  /** -1: it has expired. */
  readonly days?: number;
  /** It becomes valid so many days from now. */
  readonly inDays?: number;
  readonly keyUsage?: string;
  readonly extendedKeyUsage?: string;
  /** Object identifiers, separated by commas. */
  readonly policies?: string;
  /** It may sign others. */
  readonly isAuthority?: boolean;
  readonly rsa?: boolean;
}

/** As a listener takes them; the first serves all names that no other has. */
export function listenerTls(
  certificates: readonly { readonly names: readonly string[]; readonly certificate: Certificate }[],
  clients?: Authority,
): ListenerTls {
  return {
    certificates: certificates.map(({ names, certificate }) => ({ names, ...certificate })),
    minVersion: 'TLSv1.2',
    ...(clients === undefined ? {} : { clients: { caFile: clients.caFile, ca: clients.ca } }),
  };
}

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const RSA_KEY = ['-newkey', 'rsa:2048', '-nodes'];
const DAY_MS = 86_400_000;

export class Authority {
  readonly caFile: string;
  readonly ca: string;
  readonly #directory: string;
  /** Certificates between this one and the root. */
  readonly #chain: string;
  #serial = 0;

  /** @param by who signs it; itself when left out */
  constructor(name: string, by?: Authority) {
    this.#directory = mkdtempSync(join(tmpdir(), 'ward-ca-'));
    const at = (file: string): string => join(this.#directory, file);
    if (by === undefined) {
      this.#chain = '';
      const files = ['-keyout', at('ca.key'), '-out', at('ca.pem')];
      openssl('req', '-x509', ...EC_KEY, ...files, '-days', '2', '-subj', `/CN=${name}`);
    } else {
      const made = by.issue({ subject: `/CN=${name}`, isAuthority: true });
      writeFileSync(at('ca.pem'), made.cert);
      writeFileSync(at('ca.key'), made.key);
      this.#chain = made.cert;
    }
    this.caFile = at('ca.pem');
    this.ca = readFileSync(this.caFile, 'utf8');
    writeFileSync(at('index.txt'), '');
    writeFileSync(at('serial'), '10\n');
    writeFileSync(
      at('ca.cnf'),
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${at('index.txt')}\nserial=${at('serial')}\nnew_certs_dir=${this.#directory}\ncertificate=${this.caFile}\nprivate_key=${at('ca.key')}\n` +
        'default_md=sha256\nunique_subject=no\npolicy=p\n[p]\ncommonName=optional\norganizationName=optional\norganizationalUnitName=optional\n',
    );
  }

  issue(wish: CertificateWish): Certificate {
    const at = (suffix: string): string => join(this.#directory, `${this.#serial}.${suffix}`);
    this.#serial += 1;
    writeFileSync(at('ext'), extensions(wish));
    const key = wish.rsa === true ? RSA_KEY : EC_KEY;
    openssl('req', ...key, '-keyout', at('key'), '-out', at('csr'), '-subj', wish.subject ?? '/CN=service');
    const days = wish.days ?? 2;
    const fromMs = Date.now() + (wish.inDays ?? (days < 0 ? days - 2 : -0.01)) * DAY_MS;
    const toMs = Date.now() + ((wish.inDays ?? 0) + days) * DAY_MS;
    const dates = ['-startdate', stamp(fromMs), '-enddate', stamp(toMs)];
    const files = ['-in', at('csr'), '-out', at('pem'), '-extfile', at('ext')];
    openssl(
      'ca',
      '-batch',
      '-notext',
      '-preserveDN',
      '-config',
      join(this.#directory, 'ca.cnf'),
      ...dates,
      ...files,
    );
    const cert = readFileSync(at('pem'), 'utf8') + this.#chain;
    writeFileSync(at('pem'), cert);
    return { cert, key: readFileSync(at('key'), 'utf8'), certFile: at('pem'), keyFile: at('key') };
  }

  revoke(certificate: Certificate): void {
    openssl('ca', '-batch', '-config', join(this.#directory, 'ca.cnf'), '-revoke', certificate.certFile);
  }

  /** The list of what was revoked so far, as PEM. @param hours until the next one; less than 0: it is overdue */
  revocationList(hours = 24): string {
    const file = join(this.#directory, 'crl.pem');
    const dates = [
      '-crl_lastupdate',
      stamp(Date.now() - 2 * DAY_MS),
      '-crl_nextupdate',
      stamp(Date.now() + hours * 3_600_000),
    ];
    openssl('ca', '-batch', '-config', join(this.#directory, 'ca.cnf'), '-gencrl', ...dates, '-out', file);
    return readFileSync(file, 'utf8');
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }
}

function extensions(wish: CertificateWish): string {
  const lines = [
    wish.names === undefined ? '' : `subjectAltName=${wish.names}`,
    wish.keyUsage === undefined ? '' : `keyUsage=critical,${wish.keyUsage}`,
    wish.extendedKeyUsage === undefined ? '' : `extendedKeyUsage=${wish.extendedKeyUsage}`,
    wish.policies === undefined ? '' : `certificatePolicies=${wish.policies}`,
    wish.isAuthority === true ? 'basicConstraints=critical,CA:TRUE' : 'basicConstraints=CA:FALSE',
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

/** YYYYMMDDHHMMSSZ */
function stamp(ms: number): string {
  return `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
