#!/usr/bin/env node
/** Process entry: the command line, and streams that may end before it does. */
import { runCommandLine } from './cli/program.ts';

// Whoever reads may stop (`ward docs | head`): what nobody wants is dropped, and a proxy goes on without its terminal.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EPIPE') throw cause;
  });
}

process.exitCode = await runCommandLine(process.argv.slice(2));
