/** `sonde lsp`: the language server on standard input and output. */
import { loadFormatter, loadServices } from '../../lang/index.ts';
import { openCheckTarget } from '../../runtime/index.ts';
import { version } from '../version.ts';
import { frame, FrameReader } from './framing.ts';
import { LanguageServer } from './server.ts';

/** While one types, what is wrong is told in the pauses. */
const PAUSE_MS = 80;

/** Runs until the editor says so or goes away. Returns the exit status. */
export async function serveLanguage(environment: Readonly<Record<string, string | undefined>>): Promise<number> {
  const pending = new Map<string, NodeJS.Timeout>();
  const server = new LanguageServer({
    services: { ...(await loadServices()), ...(await loadFormatter()) },
    machine: openCheckTarget(),
    environment,
    version: version(),
    send: (message) => void process.stdout.write(frame(message)),
    later: (key, work) => {
      clearTimeout(pending.get(key));
      pending.set(
        key,
        setTimeout(() => {
          pending.delete(key);
          work();
        }, PAUSE_MS),
      );
    },
  });
  process.stdout.on('error', () => process.exit(1)); // the editor is gone
  const reader = new FrameReader();
  try {
    for await (const chunk of process.stdin) {
      for (const body of reader.push(chunk as Buffer)) {
        const status = server.receive(body);
        if (status !== undefined) return status;
      }
    }
    return 1; // without `exit`
  } finally {
    for (const timer of pending.values()) clearTimeout(timer);
    process.stdin.destroy();
  }
}
