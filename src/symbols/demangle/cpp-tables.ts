/** Fixed parts of the Itanium C++ ABI's mangling grammar. */

export const builtinTypes: Readonly<Record<string, string>> = {
  v: 'void',
  w: 'wchar_t',
  b: 'bool',
  c: 'char',
  a: 'signed char',
  h: 'unsigned char',
  s: 'short',
  t: 'unsigned short',
  i: 'int',
  j: 'unsigned int',
  l: 'long',
  m: 'unsigned long',
  x: 'long long',
  y: 'unsigned long long',
  n: '__int128',
  o: 'unsigned __int128',
  f: 'float',
  d: 'double',
  e: 'long double',
  g: '__float128',
  z: '...',
};

/** After `D`. */
export const extendedTypes: Readonly<Record<string, string>> = {
  d: 'decimal64',
  e: 'decimal128',
  f: 'decimal32',
  h: 'half',
  i: 'char32_t',
  s: 'char16_t',
  u: 'char8_t',
  a: 'auto',
  c: 'decltype(auto)',
  n: 'decltype(nullptr)',
};

/** What follows the digits of a literal of this type; types that aren't here are written as a cast before them. */
export const literalSuffix: Readonly<Record<string, string>> = { i: '', j: 'u', l: 'l', m: 'ul', x: 'll', y: 'ull' };

export const standardSubstitutions: Readonly<
  Record<string, { readonly text: string; readonly full: string; readonly base: string }>
> = {
  a: { text: 'std::allocator', full: 'std::allocator', base: 'allocator' },
  b: { text: 'std::basic_string', full: 'std::basic_string', base: 'basic_string' },
  s: {
    text: 'std::string',
    full: 'std::basic_string<char, std::char_traits<char>, std::allocator<char> >',
    base: 'basic_string',
  },
  i: { text: 'std::istream', full: 'std::basic_istream<char, std::char_traits<char> >', base: 'basic_istream' },
  o: { text: 'std::ostream', full: 'std::basic_ostream<char, std::char_traits<char> >', base: 'basic_ostream' },
  d: { text: 'std::iostream', full: 'std::basic_iostream<char, std::char_traits<char> >', base: 'basic_iostream' },
};

/** Operator codes: text after `operator`, and how many operands the operator takes in an expression. */
export const operators: Readonly<Record<string, readonly [string, number]>> = {
  nw: [' new', 0],
  na: [' new[]', 0],
  dl: [' delete', 1],
  da: [' delete[]', 1],
  aw: [' co_await', 1],
  ps: ['+', 1],
  ng: ['-', 1],
  ad: ['&', 1],
  de: ['*', 1],
  co: ['~', 1],
  nt: ['!', 1],
  pl: ['+', 2],
  mi: ['-', 2],
  ml: ['*', 2],
  dv: ['/', 2],
  rm: ['%', 2],
  an: ['&', 2],
  or: ['|', 2],
  eo: ['^', 2],
  aS: ['=', 2],
  pL: ['+=', 2],
  mI: ['-=', 2],
  mL: ['*=', 2],
  dV: ['/=', 2],
  rM: ['%=', 2],
  aN: ['&=', 2],
  oR: ['|=', 2],
  eO: ['^=', 2],
  ls: ['<<', 2],
  rs: ['>>', 2],
  lS: ['<<=', 2],
  rS: ['>>=', 2],
  eq: ['==', 2],
  ne: ['!=', 2],
  lt: ['<', 2],
  gt: ['>', 2],
  le: ['<=', 2],
  ge: ['>=', 2],
  ss: ['<=>', 2],
  aa: ['&&', 2],
  oo: ['||', 2],
  pp: ['++', 1],
  mm: ['--', 1],
  cm: [',', 2],
  pm: ['->*', 2],
  pt: ['->', 2],
  dt: ['.', 2],
  cl: ['()', 0],
  ix: ['[]', 2],
  qu: ['?', 3],
};

/** After `T` and `G`: names that the compiler makes. */
export const specialPrefixes: Readonly<Record<string, string>> = {
  TV: 'vtable for ',
  TT: 'VTT for ',
  TI: 'typeinfo for ',
  TS: 'typeinfo name for ',
  TH: 'TLS init function for ',
  TW: 'TLS wrapper function for ',
  GV: 'guard variable for ',
};
