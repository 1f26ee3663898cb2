/** The name that the command was started by: through a link called `bpftrace` it is that command. */
export type Personality = 'sonde' | 'bpftrace';

/** The release of bpftrace whose language and options are followed. */
const FOLLOWED_RELEASE = '0.26.1';

/** As the launcher tells it; taken out of the environment, which the script's commands inherit. */
export function takePersonality(environment: NodeJS.ProcessEnv): Personality {
  const name = environment['SONDE_STARTED_AS'];
  delete environment['SONDE_STARTED_AS'];
  return name === 'bpftrace' ? 'bpftrace' : 'sonde';
}

/** The one line of --version. Programs that wrap bpftrace read the first two words. */
export function versionLine(personality: Personality, version: string): string {
  return personality === 'bpftrace' ? `bpftrace v${FOLLOWED_RELEASE} (sonde v${version})` : `sonde v${version}`;
}
