/** The first word of a SecRule: variables, with `&`, `!` and selectors. */
import type { Selector, Variable } from './ast.ts';
import { DirectiveMistake } from './problem.ts';

/** Every variable of ModSecurity 2 and 3. Those without a counterpart in Ward are known, so that the report can say so. */
const KNOWN_VARIABLES = new Set(
  `ARGS ARGS_COMBINED_SIZE ARGS_GET ARGS_GET_NAMES ARGS_NAMES ARGS_POST ARGS_POST_NAMES AUTH_TYPE DURATION ENV FILES
  FILES_COMBINED_SIZE FILES_NAMES FILES_SIZES FILES_TMP_CONTENT FILES_TMPNAMES FULL_REQUEST FULL_REQUEST_LENGTH GEO GLOBAL
  HIGHEST_SEVERITY INBOUND_DATA_ERROR IP MATCHED_VAR MATCHED_VAR_NAME MATCHED_VARS MATCHED_VARS_NAMES MODSEC_BUILD
  MSC_PCRE_LIMITS_EXCEEDED MULTIPART_BOUNDARY_QUOTED MULTIPART_BOUNDARY_WHITESPACE MULTIPART_CRLF_LF_LINES MULTIPART_DATA_AFTER
  MULTIPART_DATA_BEFORE MULTIPART_FILE_LIMIT_EXCEEDED MULTIPART_FILENAME MULTIPART_HEADER_FOLDING MULTIPART_INVALID_HEADER_FOLDING
  MULTIPART_INVALID_PART MULTIPART_INVALID_QUOTING MULTIPART_LF_LINE MULTIPART_MISSING_SEMICOLON MULTIPART_NAME
  MULTIPART_PART_HEADERS MULTIPART_STRICT_ERROR MULTIPART_UNMATCHED_BOUNDARY OUTBOUND_DATA_ERROR PATH_INFO PERF_ALL PERF_COMBINED
  PERF_GC PERF_LOGGING PERF_PHASE1 PERF_PHASE2 PERF_PHASE3 PERF_PHASE4 PERF_PHASE5 PERF_RULES PERF_SREAD PERF_SWRITE QUERY_STRING
  REMOTE_ADDR REMOTE_HOST REMOTE_PORT REMOTE_USER REQBODY_ERROR REQBODY_ERROR_MSG REQBODY_PROCESSOR REQBODY_PROCESSOR_ERROR
  REQBODY_PROCESSOR_ERROR_MSG REQUEST_BASENAME REQUEST_BODY REQUEST_BODY_LENGTH REQUEST_COOKIES REQUEST_COOKIES_NAMES
  REQUEST_FILENAME REQUEST_HEADERS REQUEST_HEADERS_NAMES REQUEST_LINE REQUEST_METHOD REQUEST_PROTOCOL REQUEST_URI REQUEST_URI_RAW
  RESOURCE RESPONSE_BODY RESPONSE_CONTENT_LENGTH RESPONSE_CONTENT_TYPE RESPONSE_HEADERS RESPONSE_HEADERS_NAMES RESPONSE_PROTOCOL
  RESPONSE_STATUS RULE SCRIPT_BASENAME SCRIPT_FILENAME SCRIPT_GID SCRIPT_GROUPNAME SCRIPT_MODE SCRIPT_UID SCRIPT_USERNAME SDBM_DELETE_ERROR
  SERVER_ADDR SERVER_NAME SERVER_PORT SESSION SESSIONID STATUS_LINE STREAM_INPUT_BODY STREAM_OUTPUT_BODY TIME TIME_DAY TIME_EPOCH
  TIME_HOUR TIME_MIN TIME_MON TIME_SEC TIME_WDAY TIME_YEAR TX UNIQUE_ID URLENCODED_ERROR USER USERAGENT_IP USERID WEBAPPID
  WEBSERVER_ERROR_LOG XML`.split(/\s+/),
);

/** Old names that still work. */
const ALIASES: Readonly<Record<string, string>> = {
  RESPONSE_CONTENT_TYPE_HEADER: 'RESPONSE_CONTENT_TYPE',
  REQUEST_BASE: 'REQUEST_BASENAME',
};

/** @throws DirectiveMistake for an unknown variable or a broken selector. */
export function parseVariables(text: string): readonly Variable[] {
  const variables = splitAlternatives(text).map(parseVariable);
  if (variables.length === 0) throw new DirectiveMistake('S002', 'no variable is named');
  return variables;
}

/** Splits at `|`, which may stand inside a regex or quotes. */
function splitAlternatives(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let closing: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (closing !== undefined) {
      if (char === '\\') at++;
      else if (char === closing) closing = undefined;
    } else if (
      (char === '/' || char === "'") &&
      text[at - 1] === ':' &&
      !/xml:$/i.test(text.slice(start, at))
    )
      closing = char;
    else if (char === '|' || char === ',') {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function parseVariable(text: string): Variable {
  const mark = text[0];
  const rest = mark === '&' || mark === '!' ? text.slice(1) : text;
  const colon = rest.indexOf(':');
  const written = (colon < 0 ? rest : rest.slice(0, colon)).toUpperCase();
  const collection = ALIASES[written] ?? written;
  if (!KNOWN_VARIABLES.has(collection)) throw new DirectiveMistake('S004', `unknown variable ${written}`);
  const selector = colon < 0 ? undefined : parseSelector(rest.slice(colon + 1), collection);
  return { collection, selector, counted: mark === '&', excluded: mark === '!' };
}

function parseSelector(text: string, collection: string): Selector {
  // The selectors of XML are XPath expressions, which begin with a slash too.
  if (collection !== 'XML' && text.startsWith('/')) {
    if (text.length < 2 || !text.endsWith('/')) {
      throw new DirectiveMistake('S005', `the regex of ${collection} is not closed`);
    }
    return { kind: 'regex', text: text.slice(1, -1) };
  }
  const quoted = text.length > 1 && text.startsWith("'") && text.endsWith("'");
  const inner = quoted ? text.slice(1, -1) : text;
  if (quoted && collection !== 'XML' && inner.length > 1 && inner.startsWith('/') && inner.endsWith('/')) {
    return { kind: 'regex', text: inner.slice(1, -1) };
  }
  if (inner === '') throw new DirectiveMistake('S005', `the selector of ${collection} is empty`);
  return { kind: 'name', text: inner };
}
