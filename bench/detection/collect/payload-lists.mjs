// Lists of payloads, one a line, that scanners and testers use. Lists of names alone (files, tags, ports) are left out:
// without their template they attack nothing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf, payloadRequest } from './sending.mjs';

/** Directory of the collection -> path of a list in it -> class. */
const LISTS = {
  PayloadsAllTheThings: {
    'Command Injection/Intruder/command-execution-unix.txt': 'command',
    'Command Injection/Intruder/command_exec.txt': 'command',
    'Directory Traversal/Intruder/deep_traversal.txt': 'traversal',
    'Directory Traversal/Intruder/directory_traversal.txt': 'traversal',
    'Directory Traversal/Intruder/dotdotpwn.txt': 'traversal',
    'Directory Traversal/Intruder/traversals-8-deep-exotic-encoding.txt': 'traversal',
    'File Inclusion/Intruders/JHADDIX_LFI.txt': 'traversal',
    'File Inclusion/Intruders/Traversal.txt': 'traversal',
    'File Inclusion/Intruders/php-filter-iconv.txt': 'inclusion',
    'LDAP Injection/Intruder/LDAP_FUZZ.txt': 'ldapi',
    'NoSQL Injection/Intruder/MongoDB.txt': 'nosqli',
    'NoSQL Injection/Intruder/NoSQL.txt': 'nosqli',
    'SQL Injection/Intruder/Auth_Bypass.txt': 'sqli',
    'SQL Injection/Intruder/Auth_Bypass2.txt': 'sqli',
    'SQL Injection/Intruder/FUZZDB_MSSQL-WHERE_Time.txt': 'sqli',
    'SQL Injection/Intruder/FUZZDB_MySQL-WHERE_Time.txt': 'sqli',
    'SQL Injection/Intruder/Generic_ErrorBased.txt': 'sqli',
    'SQL Injection/Intruder/Generic_TimeBased.txt': 'sqli',
    'SQL Injection/Intruder/Generic_UnionSelect.txt': 'sqli',
    'SQL Injection/Intruder/SQLi_Polyglots.txt': 'sqli',
    'SQL Injection/Intruder/payloads-sql-blind-MSSQL-WHERE': 'sqli',
    'SQL Injection/Intruder/payloads-sql-blind-MySQL-WHERE': 'sqli',
    'Server Side Template Injection/Intruder/ssti.fuzz': 'template',
    'XSS Injection/Intruders/BRUTELOGIC-XSS-STRINGS.txt': 'xss',
    'XSS Injection/Intruders/IntrudersXSS.txt': 'xss',
    'XSS Injection/Intruders/JHADDIX_XSS.txt': 'xss',
    'XSS Injection/Intruders/RSNAKE_XSS.txt': 'xss',
    'XSS Injection/Intruders/XSSDetection.txt': 'xss',
    'XSS Injection/Intruders/XSS_Polyglots.txt': 'xss',
    'XSS Injection/Intruders/xss_alert.txt': 'xss',
    'XSS Injection/Intruders/xss_payloads_quick.txt': 'xss',
    'XXE Injection/Intruders/XXE_Fuzzing.txt': 'xxe',
  },
  fuzzdb: {
    'attack/html_js_fuzz/HTML5sec_Injections.txt': 'xss',
    'attack/ldap/ldap-injection.txt': 'ldapi',
    'attack/lfi/JHADDIX_LFI.txt': 'traversal',
    'attack/no-sql-injection/mongodb.txt': 'nosqli',
    'attack/os-cmd-execution/command-execution-unix.txt': 'command',
    'attack/path-traversal/path-traversal-windows.txt': 'traversal',
    'attack/path-traversal/traversals-8-deep-exotic-encoding.txt': 'traversal',
    'attack/server-side-include/server-side-includes-generic.txt': 'inclusion',
    'attack/sql-injection/detect/GenericBlind.txt': 'sqli',
    'attack/sql-injection/detect/MSSQL.txt': 'sqli',
    'attack/sql-injection/detect/MySQL.txt': 'sqli',
    'attack/sql-injection/detect/xplatform.txt': 'sqli',
    'attack/xpath/xpath-injection.txt': 'xpathi',
    'attack/xss/xss-rsnake.txt': 'xss',
  },
  'sql-injection-payload-list': {
    'Intruder/detect/Generic_ErrorBased.txt': 'sqli',
    'Intruder/detect/Generic_TimeBased.txt': 'sqli',
    'Intruder/exploit/Auth_Bypass.txt': 'sqli',
  },
  IntruderPayloads: {
    'FuzzLists/command_exec.txt': 'command',
    'FuzzLists/lfi.txt': 'traversal',
    'FuzzLists/traversal.txt': 'traversal',
  },
  payloads: {
    'other/commandinjection/ismailtasdelen-unix.txt': 'command',
    'owasp/fuzzing_code_database/directory_traversal/directory_traversal.txt': 'traversal',
  },
  'xss-payload-list': { 'Intruder/xss-payload-list.txt': 'xss' },
};

/** A list names hosts, a comment or a lone character now and then: what is shorter attacks nothing by itself. */
const PAYLOAD_CHARS_MIN = 4;
/** Some lists repeat one attack in thousands of depths and encodings, and would drown the others. */
const LIST_ENTRIES_MAX = 1_000;

export function* payloadListRequests(directory, name) {
  const seen = new Set();
  for (const [path, kind] of Object.entries(LISTS[name])) {
    const file = join(directory, path);
    if (!existsSync(file)) continue;
    const lines = linesOf(file);
    const step = Math.max(1, lines.length / LIST_ENTRIES_MAX);
    for (let at = 0; at < lines.length; at += step) {
      const line = lines[Math.floor(at)];
      if (line.length < PAYLOAD_CHARS_MIN || seen.has(line)) continue;
      seen.add(line);
      yield payloadRequest(kind, line);
    }
  }
}
