/** What only checks, editors and the formatter use: runs of scripts don't load it. */
export const loadFormatter = () => import('./format/index.ts');
export const loadServices = () => import('./services/index.ts');
