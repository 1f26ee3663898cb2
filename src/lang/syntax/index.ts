export * from './ast.ts';
export { isCoreBuiltin } from './core-builtins.ts';
export { readOutsideInteger } from './literal.ts';
export { BINARY_LEVELS } from './operators.ts';
export * from './parse.ts';
export { printAst, printAstInline, printType } from './print.ts';
export { endOfComment, isBlank, RESERVED_WORDS, scanToken, skipTrivia, type Token } from './token.ts';
export { scanAttachPoint, startsAttachPoint } from './attach-point.ts';
