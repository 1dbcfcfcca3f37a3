/** `detect_sqli`: the predicate around the SQL grammar of `src/detect/sql` (docs/detection.md). */
import { SQL_MARKS, detectSqli } from '../../detect/sql/detect-sqli.ts';
import { detector } from './detector.ts';

export const detect_sqli = detector({
  name: 'detect_sqli',
  doc: "True for text that would change the structure of an SQL query it is pasted into, as a number, between quotes or as a name, in the dialect of any common database. Decode first; comments, case and white space are the grammar's business. Words alone prove nothing: `O'Reilly` and `select shoes from italy` are data.",
  examples: [
    { input: "1' OR '1'='1", output: true },
    { input: '-1/**/uNiOn all select 1,2', output: true },
    { input: "admin'-- ", output: true },
    { input: '1;waitfor delay "0:0:5"', output: true },
    { input: "O'Reilly or D'Angelo", output: false },
    { input: 'select shoes from italy', output: false },
    { input: "the union of '36 -- and its order", output: false },
  ],
  needs: SQL_MARKS,
  reads: detectSqli,
});
