import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { demangle } from './index.ts';

function shown(name: string, table: Readonly<Record<string, string>>): void {
  test(name, () => {
    for (const [mangled, expected] of Object.entries(table)) assert.equal(demangle(mangled), expected, mangled);
  });
}

shown('what is no mangled name stays', {
  main: 'main',
  _start: '_start',
  '': '',
  _Z: '_Z',
  _ZN: '_ZN',
  _R: '_R',
  _Z1: '_Z1',
  _ZQQ: '_ZQQ',
  _Znope: '_Znope',
});

shown('functions, namespaces, parameters', {
  _Z1fv: 'f()',
  _Z3fooi: 'foo(int)',
  _Z3addldm: 'add(long, double, unsigned long)',
  _ZN3net4Conn4sendEPKcm: 'net::Conn::send(char const*, unsigned long)',
  _ZNK3net4Conn4sizeEv: 'net::Conn::size() const',
  _ZNR1A1fEv: 'A::f() &',
  _ZNKO1A1fEv: 'A::f() const &&',
  _ZN12_GLOBAL__N_14initEv: '(anonymous namespace)::init()',
  _ZL6helperi: 'helper(int)',
  _ZN1A5countE: 'A::count',
  _Z6printfPKcz: 'printf(char const*, ...)',
  _Z1fRKiOdVPc: 'f(int const&, double&&, char* volatile)',
});

shown('constructors, destructors, operators', {
  _ZN3net4ConnC1Ei: 'net::Conn::Conn(int)',
  _ZN3net4ConnC2ERKS0_: 'net::Conn::Conn(net::Conn const&)',
  _ZN3net4ConnD0Ev: 'net::Conn::~Conn()',
  _ZN1AplERKS_: 'A::operator+(A const&)',
  _ZN1AixEi: 'A::operator[](int)',
  _ZN1AclEv: 'A::operator()()',
  _ZN1AcvbEv: 'A::operator bool()',
  _ZN1AcvT_IiEEv: 'A::operator int<int>()',
  _Znwm: 'operator new(unsigned long)',
  _ZdlPv: 'operator delete(void*)',
  _Zli3_kmy: 'operator"" _km(unsigned long long)',
  _ZN1BIiEC1Ev: 'B<int>::B()',
});

shown('templates and substitutions', {
  _Z3maxIiET_S0_S0_: 'int max<int>(int, int)',
  _ZNSt6vectorIiSaIiEE9push_backEOi: 'std::vector<int, std::allocator<int> >::push_back(int&&)',
  _ZNSsC1EPKcRKSaIcE:
    'std::basic_string<char, std::char_traits<char>, std::allocator<char> >::basic_string(char const*, std::allocator<char> const&)',
  _Z1fSsRSo: 'f(std::string, std::ostream&)',
  _Z1fILi5ELb1ELc97ELln3EEvv: 'void f<5, true, (char)97, -3l>()',
  _Z1fIJidPcEEvDpT_: 'void f<int, double, char*>(int, double, char*)',
  _Z1fIJEEvDpT_: 'void f<>()',
  _Z1fIJiEEvDpOT_: 'void f<int>(int&&)',
  _Z1fIRiEvOT_: 'void f<int&>(int&)',
  _ZN1AI1BILi1EEE1fEv: 'A<B<1> >::f()',
  _ZSt4moveIRiEONSt16remove_referenceIT_E4typeEOS2_: 'std::remove_reference<int&>::type&& std::move<int&>(int&)',
  _ZN4llvm10checkedAddIiEENSt9enable_ifIXsr3std9is_signedIT_EE5valueES2_E4typeES2_:
    'std::enable_if<std::is_signed<int>::value, int>::type llvm::checkedAdd<int>(int)',
});

shown('function pointers, arrays, members', {
  _Z1fPFviE: 'f(void (*)(int))',
  _Z1fRA3_i: 'f(int (&) [3])',
  _Z1fM1AKFivE: 'f(int (A::*)() const)',
  _Z1fM1Ai: 'f(int A::*)',
  _Z1fSt8functionIFviEE: 'f(std::function<void (int)>)',
  _Z1gIiEPFvT_Ev: 'void (*g<int>())(int)',
});

shown('what the compiler makes', {
  _ZTV3Foo: 'vtable for Foo',
  _ZTI3Foo: 'typeinfo for Foo',
  _ZGVZ1fvE1x: 'guard variable for f()::x',
  _ZThn16_N1A1fEv: 'non-virtual thunk to A::f()',
  _ZZ4mainENKUlvE_clEv: 'main::{lambda()#1}::operator()() const',
  _ZZ1fiENKUlT_E_clIcEEDaS_: 'auto f(int)::{lambda(auto:1)#1}::operator()<char>(char) const',
  '_Z3fooi.cold': 'foo(int) [clone .cold]',
  '_Z3fooi.part.0': 'foo(int) [clone .part.0]',
  '_Z3fooi.isra.0.cold': 'foo(int) [clone .isra.0] [clone .cold]',
  _ZNSt7__cxx1112basic_stringIcE5emptyB5cxx11Ev: 'std::__cxx11::basic_string<char>::empty[abi:cxx11]()',
});

shown('Rust, older scheme', {
  _ZN4core3ptr13drop_in_place17h0123456789abcdefE: 'core::ptr::drop_in_place',
  '_ZN44_$LT$std..Stdin$u20$as$u20$std..io..Read$GT$4read': '_ZN44_$LT$std..Stdin$u20$as$u20$std..io..Read$GT$4read',
  '_ZN44_$LT$std..Stdin$u20$as$u20$std..io..Read$GT$4read17h0123456789abcdefE.llvm.12AB':
    '<std::Stdin as std::io::Read>::read',
  _ZN3foo28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE: 'foo::{{closure}}',
});

shown('Rust, newer scheme', {
  _RNvNtCs1234_7mycrate3foo3bar: 'mycrate::foo::bar',
  _RNvMs_NtCs1234_7mycrate3fooNtB4_3Bar4make: '<mycrate::foo::Bar>::make',
  _RINvCs1234_7mycrate3maxlE: 'mycrate::max::<i32>',
  _RNCNvCs1234_7mycrate4main0: 'mycrate::main::{closure#0}',
  _RNvXs_Cs1234_7mycrateNtB4_3BarNtNtCs5678_4core5clone5Clone5clone: '<mycrate::Bar as core::clone::Clone>::clone',
  _RINvCs1234_7mycrate1fRShKj7_E: 'mycrate::f::<&[u8], 7>',
  _RNvCs4fqI2P2rA04_11utf8_identsu7_mnchen_3ya: '_RNvCs4fqI2P2rA04_11utf8_identsu7_mnchen_3ya',
  _RNvCs1234_7mycrateu10mnchen_3ya: 'mycrate::münchen',
});

test('made-up names end quickly and never throw', () => {
  const doubling = `_Z1f${Array.from({ length: 60 }, (_, i) => (i === 0 ? '1AIiiE' : `1AIS${i === 1 ? '' : (i - 2).toString(36).toUpperCase()}_S${i === 1 ? '' : (i - 2).toString(36).toUpperCase()}_E`)).join('')}`;
  const deep = ['P', 'N1A', 'I', 'F', 'Z1f', 'sr1aIX', 'DTcl', 'M', 'K'].map((part) => `_Z1f${part.repeat(3000)}i`);
  const rust = [
    `_R${'I'.repeat(3000)}`,
    `_RNvC1a${'NvB_'.repeat(500)}`,
    `_RINvC1a1fT${Array.from({ length: 40 }, () => 'B6_B6_').join('')}EE`,
  ];
  for (const name of [doubling, ...deep, ...rust, `_ZN${'1'.repeat(30000)}`]) {
    const start = performance.now();
    assert.equal(typeof demangle(name), 'string');
    assert.ok(performance.now() - start < 2000, name.slice(0, 40));
  }
});

test('damaged names come back as text, never as an error', () => {
  const seeds = [
    '_ZNSt6vectorIiSaIiEE9push_backEOi',
    '_ZSt4moveIRiEONSt16remove_referenceIT_E4typeEOS2_',
    '_Z1fIJidPcEEvDpT_',
    '_ZZ4mainENKUlvE_clEv',
    '_Z1fM1AKFivE',
    '_ZN1AcvT_IiEEv',
    '_ZN4llvm10checkedAddIiEENSt9enable_ifIXsr3std9is_signedIT_EE5valueES2_E4typeES2_',
    '_RINvMs6_Cs1_1aNtB2_3Bar1fTmNtB1q_1DEINtNtCsf_1r1sTB3_EE',
    '_RNvXs_Cs1234_7mycrateNtB4_3BarNtNtCs5678_4core5clone5Clone5clone',
    '_ZN4core3ptr13drop_in_place17h0123456789abcdefE',
  ];
  const piece = fc.constantFrom(
    ...'0123456789_ABCDEFIJKLMNOPRSTVXZabcdefilmnoprstuvz'.split(''),
    'S0_',
    'T_',
    'St',
    'sr',
    'Dp',
    'B1_',
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(80), fc.nat(2), piece), { minLength: 1, maxLength: 6 }),
      (seed, edits) => {
        let name = seed;
        for (const [at, removed, text] of edits) name = name.slice(0, 2 + at) + text + name.slice(2 + at + removed);
        assert.equal(typeof demangle(name), 'string');
      },
    ),
    { numRuns: 3000 },
  );
});
