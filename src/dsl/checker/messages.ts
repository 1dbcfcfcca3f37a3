/** Messages: text with `{field}` placeholders, each an expression of its own (E211). */
import { MATCH_PARTS } from '../../core/match-part.ts';
import type { Pipe, StringLiteral } from '../ast-expression.ts';
import type { Scalar } from '../checked-condition.ts';
import type { MessagePart } from '../checked.ts';
import { DiagnosticList } from '../diagnostics/diagnostic-list.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import { Cursor } from '../parser-cursor.ts';
import { parsePipe } from '../parser-expression.ts';
import type { Source, Span } from '../source.ts';
import { stringSpan } from '../string-literal.ts';
import type { Context } from './context.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { settle } from './steps.ts';
import { showType } from './types.ts';

/** A brace written twice, a placeholder, a lone brace, or text. */
const PIECE = /\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g;

/** A message as texts and placeholders. */
export function checkMessage(context: Context, literal: StringLiteral): readonly MessagePart[] {
  const parts: MessagePart[] = [];
  for (const piece of literal.value.matchAll(PIECE)) {
    const [text, placeholder] = piece;
    const span = stringSpan(literal, piece.index, piece.index + text.length);
    if (placeholder !== undefined) {
      const part = checkPlaceholder(
        context,
        placeholder,
        span,
        stringSpan(literal, piece.index + 1, piece.index + 1 + placeholder.length),
      );
      if (part !== undefined) parts.push(part);
    } else if (text === '{' || text === '}') {
      context.report('E211', span, `a brace of the text is written \`${text}${text}\``);
    } else {
      const plain = text === '{{' ? '{' : text === '}}' ? '}' : text;
      const last = parts.at(-1);
      if (last?.kind === 'text') parts[parts.length - 1] = { kind: 'text', text: last.text + plain };
      else parts.push({ kind: 'text', text: plain });
    }
  }
  return parts;
}

/** The values a message reads. */
export function messageScalars(parts: readonly MessagePart[]): readonly Scalar[] {
  return parts.flatMap((part) => (part.kind === 'scalar' ? [part.scalar] : []));
}

function checkPlaceholder(
  context: Context,
  text: string,
  whole: Span,
  inside: Span,
): MessagePart | undefined {
  if (text.trim() === '') {
    context.report('E211', whole, 'a field stands between the braces', { help: 'a brace is written `{{`' });
    return undefined;
  }
  const pipe = parsePlaceholder(context, text, inside);
  if (pipe === undefined) return undefined;
  if (pipe.head.kind === 'Operand' && pipe.head.root.name === 'match') return matchPart(context, pipe);
  const value = settle(context, context.expressions.pipe(pipe, EMPTY_SCOPE, 'value'));
  if (value.form === 'broken') return undefined;
  if (value.form !== 'scalar') {
    context.report('E211', pipe.span, 'a message shows one value', {
      note: showType(value),
      help: 'write `match.value` for the value that matched, or `count(…)`',
    });
    return undefined;
  }
  if (value.scalar.type === 'Secret') {
    context.report('E211', pipe.span, 'a secret is never shown');
    return undefined;
  }
  return { kind: 'scalar', scalar: value.scalar };
}

function matchPart(context: Context, pipe: Pipe): MessagePart | undefined {
  const [selector, more] = pipe.head.kind === 'Operand' ? pipe.head.selectors : [];
  const name = selector?.kind === 'Member' && more === undefined ? selector.name : undefined;
  const part = MATCH_PARTS.find((one) => one === name?.name);
  if (part === undefined || pipe.steps.length > 0) {
    const help =
      (name === undefined ? undefined : didYouMean(name.name, MATCH_PARTS)) ??
      `write one of ${MATCH_PARTS.map((one) => `\`match.${one}\``).join(', ')}`;
    context.report('E211', name?.span ?? pipe.span, 'a match has no such part', { help });
    return undefined;
  }
  return { kind: 'match', part };
}

/**
 * Parses the text of a placeholder. The parser reads a source in which everything before the placeholder is blank, so
 * that the places it reports are places of the file.
 */
function parsePlaceholder(context: Context, text: string, inside: Span): Pipe | undefined {
  const source: Source = { ...inside.source, text: ' '.repeat(inside.start) + text };
  const problems = new DiagnosticList();
  const cursor = new Cursor(source, problems);
  const pipe = cursor.attempt(() => {
    const parsed = parsePipe(cursor);
    return cursor.token.kind === 'end' ? parsed : cursor.unexpected('the end of the placeholder');
  });
  const [problem] = problems.sorted();
  if (pipe !== undefined && problem === undefined) return pipe;
  context.report('E211', inside, 'this is no field', {
    ...(problem === undefined ? {} : { note: problem.message }),
    help: 'write a field, as in `{client.ip}`; a brace is written `{{`',
  });
  return undefined;
}
