import type { Session } from '../session/index.ts';

/**
 * The first signal ends tracing, the second the draining, the third has its default action; SIGUSR1 is the script's.
 * The result ends all that.
 */
export function handleSignals(session: Session): () => void {
  let count = 0;
  const ending = ['SIGINT', 'SIGTERM'] as const;
  const onUser = (): void => session.signal();
  const remove = (): void => {
    for (const signal of ending) process.removeListener(signal, onSignal);
  };
  const onSignal = (): void => {
    session.stop();
    if (++count >= 2) remove();
  };
  for (const signal of ending) process.on(signal, onSignal);
  process.on('SIGUSR1', onUser);
  return () => {
    remove();
    process.removeListener('SIGUSR1', onUser);
  };
}
