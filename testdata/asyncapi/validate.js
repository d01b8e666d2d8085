// Validates an AsyncAPI document: node validate.js FILE. Prints what the parser
// has to say; ends with 1 if any of it is an error or a warning.
import { readFile } from 'node:fs/promises';
import { DiagnosticSeverity, Parser } from '@asyncapi/parser/cjs/index.js';

const file = process.argv[2];
const { document, diagnostics } = await new Parser().parse(await readFile(file, 'utf8'));

let failed = document === undefined;
for (const d of diagnostics) {
  if (d.severity > DiagnosticSeverity.Warning) continue; // hints, such as a newer AsyncAPI
  failed = true;
  console.error(`${file}:${d.range.start.line + 1}: ${DiagnosticSeverity[d.severity]} ${d.code}: ${d.message} (${d.path.join('.')})`);
}
if (document !== undefined) {
  const [channels, operations, messages] = [document.channels(), document.operations(), document.allMessages()];
  console.log(`${file}: AsyncAPI ${document.version()}, ${channels.length} channels, ${operations.length} operations, ${messages.length} messages`);
}
process.exit(failed ? 1 : 0);
