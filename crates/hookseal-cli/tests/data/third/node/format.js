// Editors: argument prettier | vscode2 | vscodetab. JSON on standard input.
const t = require('fs').readFileSync(0, 'utf8');
(async () => { if (process.argv[2] === 'prettier') process.stdout.write(await require('prettier').format(t, { parser: 'json' }));
  else { const { format, applyEdits } = require('jsonc-parser'); process.stdout.write(applyEdits(t, format(t, undefined, { insertSpaces: process.argv[2] !== 'vscodetab', tabSize: process.argv[2] === 'vscode2' ? 2 : 4, insertFinalNewline: process.argv[2] === 'vscode2', eol: '\n' }))); } })();
