export * from './instruction.ts';
