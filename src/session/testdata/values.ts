/** The values and records that output's own tests are made of. */
export * from '../../output/testdata/values.ts';
