#!/usr/bin/env node
/** Process entry: the command line, and nothing else. */
import { runCommandLine } from './cli/program.ts';

process.exitCode = await runCommandLine(process.argv.slice(2));
