/**
 * The words of SQL that the grammar knows, by role: the union of MySQL 8.4, PostgreSQL 17, SQL Server 2022, Oracle 23 and
 * SQLite 3. Looking one up folds case and allocates nothing.
 */
import { ROLE } from './token.ts';

const WORDS: readonly (readonly [role: number, words: string])[] = [
  [ROLE.AND, 'and'],
  [ROLE.OR, 'or xor'],
  [ROLE.NOT, 'not'],
  [ROLE.COMPARE, 'like ilike rlike regexp glob similar sounds overlaps'],
  [ROLE.IN, 'in'],
  [ROLE.BETWEEN, 'between'],
  [ROLE.CALCULATE, 'div mod collate escape'],
  [ROLE.PREFIX, 'binary prior any some interval unique row'],
  [ROLE.LITERAL, 'null true false'],
  [ROLE.SELECT, 'select'],
  [ROLE.UNION, 'union except intersect minus'],
  [ROLE.FROM, 'from'],
  [ROLE.CONDITION, 'where having on'],
  [ROLE.SORT, 'order group'],
  [ROLE.BY, 'by'],
  [ROLE.LIMIT, 'limit offset fetch'],
  [ROLE.INTO, 'into'],
  [ROLE.OUTFILE, 'outfile dumpfile'],
  [ROLE.AS, 'as'],
  [ROLE.CASE, 'case'],
  [ROLE.WHEN, 'when'],
  [ROLE.THEN, 'then else'],
  [ROLE.END, 'end'],
  [ROLE.JOIN, 'join inner outer left right full cross natural straight_join'],
  [ROLE.DIRECTION, 'asc desc'],
  [ROLE.PROCEDURE, 'procedure'],
  [ROLE.DISTINCT, 'all distinct distinctrow'],
  [
    ROLE.STATEMENT,
    'drop insert update delete truncate alter create exec execute declare set waitfor shutdown grant revoke call copy attach with merge replace load handler do prepare reconfigure use show explain describe kill pragma backup restore begin if deallocate rename analyze vacuum print raiserror dbcc',
  ],
  [
    ROLE.DANGER,
    'pg_sleep pg_sleep_for pg_sleep_until benchmark load_file extractvalue updatexml sys_eval sys_exec sys_get name_const gtid_subset gtid_subtract pg_read_file pg_read_binary_file pg_ls_dir pg_stat_file lo_import lo_export query_to_xml database_to_xml table_to_xml dblink dblink_connect dblink_send_query openrowset opendatasource openquery sp_executesql load_extension randomblob zeroblob xmltype httpuritype fn_xe_file_target_read_file fn_get_audit_file fn_trace_gettable get_lock master_pos_wait',
  ],
  [ROLE.SLEEP, 'sleep'],
  [ROLE.IS, 'is'],
  [ROLE.POSTFIX, 'isnull notnull'],
  [
    ROLE.OBJECT,
    'table database schema view user index function trigger login role column sequence tablespace extension alias package synonym event server assembly type materialized',
  ],
  [ROLE.VALUES, 'values value'],
  [
    ROLE.SECOND,
    'time immediate ignore low_priority high_priority delayed quick temporary temp data infile local tables databases columns variables status processlist grants add modify change default identified to exists open',
  ],
  [ROLE.TOP, 'top'],
  [ROLE.FOR, 'for using separator'],
  [ROLE.EXISTS, 'exists'],
];

/** Beginnings of names that only databases have: packages of Oracle, procedures of SQL Server, catalogues. */
const DANGER_PREFIXES = ['xp_', 'dbms_', 'utl_', 'ctxsys.', 'sys.dbms_', 'sys.utl_', 'pg_catalog.pg_sleep'];

/** Their first letters: most names are told from them by that. */
const dangerInitials = new Uint8Array(128);
for (const prefix of DANGER_PREFIXES) dangerInitials[prefix.charCodeAt(0)] = 1;

const SLOTS = 2048;
const words: string[] = new Array<string>(SLOTS).fill('');
const roles = new Uint8Array(SLOTS);
/** Bytes of the longest keyword. */
let longest = 0;

/** One step of the hash of a word; the caller feeds every byte. Bit 0x20 folds the case of letters. */
export function hashStep(hash: number, code: number): number {
  return (Math.imul(hash, 31) + (code | 0x20)) | 0;
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 11) ^ (hash >>> 21)) & (SLOTS - 1);
}

for (const [role, list] of WORDS) {
  for (const word of list.split(' ').filter((item) => item !== '')) {
    let hash = 0;
    for (let at = 0; at < word.length; at++) hash = hashStep(hash, word.charCodeAt(at));
    let slot = slotOf(hash);
    while (words[slot] !== '') slot = (slot + 1) & (SLOTS - 1);
    words[slot] = word;
    roles[slot] = role;
    longest = Math.max(longest, word.length);
  }
}

/** Whether text[start, end) is `word` (lower case), without regard to case. */
export function isWord(text: string, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let at = 0; at < word.length; at++) {
    const code = text.charCodeAt(start + at);
    const folded = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
    if (folded !== word.charCodeAt(at)) return false;
  }
  return true;
}

/** The role of the word text[start, end) whose `hashStep` over all bytes is `hash`; `ROLE.NONE` for a name. */
export function roleOf(text: string, start: number, end: number, hash: number): number {
  if (end - start > longest) return ROLE.NONE;
  for (let slot = slotOf(hash); words[slot] !== ''; slot = (slot + 1) & (SLOTS - 1)) {
    if (isWord(text, start, end, words[slot])) return roles[slot];
  }
  return ROLE.NONE;
}

/** Whether the name text[start, end) begins like a routine that waits, reads or executes. */
export function isDangerousName(text: string, start: number, end: number): boolean {
  const initial = text.charCodeAt(start) | 0x20;
  if (initial > 0x7f || dangerInitials[initial] === 0) return false;
  for (const prefix of DANGER_PREFIXES) {
    if (end - start > prefix.length && isWord(text, start, start + prefix.length, prefix)) return true;
  }
  return false;
}
