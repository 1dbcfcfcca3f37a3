/** Certificates made by openssl for one test run: two authorities, and a service's certificate of every kind of wrong. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a service's certificate is made of; the rest is in order. */
export interface CertificateWish {
  /** `DNS:…` or `IP:…`, separated by commas. */
  readonly names: string;
  /** -1: it has expired. */
  readonly days?: number;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class Authority {
  readonly caFile: string;
  readonly ca: string;
  readonly #directory: string;
  #serial = 0;

  constructor(name: string) {
    this.#directory = mkdtempSync(join(tmpdir(), 'ward-ca-'));
    this.caFile = join(this.#directory, 'ca.pem');
    const files = ['-keyout', join(this.#directory, 'ca.key'), '-out', this.caFile];
    openssl('req', '-x509', ...NEW_KEY, ...files, '-days', '2', '-subj', `/CN=${name}`);
    this.ca = readFileSync(this.caFile, 'utf8');
  }

  issue(wish: CertificateWish): Certificate {
    const at = (suffix: string): string => join(this.#directory, `${this.#serial}.${suffix}`);
    this.#serial += 1;
    writeFileSync(at('ext'), `subjectAltName=${wish.names}\n`);
    openssl('req', ...NEW_KEY, '-keyout', at('key'), '-out', at('csr'), '-subj', '/CN=service');
    const signer = ['-CA', this.caFile, '-CAkey', join(this.#directory, 'ca.key'), '-CAcreateserial'];
    const days = ['-days', String(wish.days ?? 2)];
    openssl('x509', '-req', '-in', at('csr'), ...signer, ...days, '-extfile', at('ext'), '-out', at('pem'));
    return { cert: readFileSync(at('pem'), 'utf8'), key: readFileSync(at('key'), 'utf8') };
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
