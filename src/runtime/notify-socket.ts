import { SystemError } from '../base/index.ts';
import { sendUnixDatagram } from '../kernel/index.ts';

/**
 * Tells the service manager that started us how far we are (sd_notify): `READY=1`, `STOPPING=1`. Undefined where
 * there is none. A manager that doesn't listen is not our trouble.
 */
export function openNotifySocket(
  environment: Readonly<Record<string, string | undefined>>,
): ((state: string) => void) | undefined {
  const path = environment['NOTIFY_SOCKET'];
  if (path === undefined || !/^[/@]./.test(path)) return undefined;
  return (state) => {
    try {
      sendUnixDatagram(path, state);
    } catch (error) {
      if (!(error instanceof SystemError) && !(error instanceof RangeError)) throw error;
    }
  };
}
