// The dashboard's page in a real browser, against the mock or a real dashboard (see world.mjs): one process,
// and one test after the other, since they share the world.
import { prepare } from './stage.mjs';

prepare();
for (const subject of ['destination', 'all', 'notice', 'ingest', 'form', 'language', 'look', 'link', 'changes']) await import(`./${subject}_cases.mjs`);
