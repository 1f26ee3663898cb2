/** Preloaded (`node --import`) into a process that must do without the kernel: what reaches for it throws. */
import { registerHooks } from 'node:module';

const forbidden = /\/src\/(kernel|symbols|runtime|cli)\/|^koffi$|^@koromix\/|^node:/;

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    if (forbidden.test(specifier) || forbidden.test(resolved.url)) {
      throw new Error(`${context.parentURL ?? 'the program'} imports ${specifier}, which this process may not have`);
    }
    return resolved;
  },
});
