import { expect, it } from 'vitest';
import { maskText } from '../../src/lib/bbs/mask.ts';

it.each([
  ['https://me:hush@blobs.example/d', 'https://me:***@blobs.example/d'],
  ['postgres://cc:hu/sh@db:5432/ccdb', 'postgres://cc:***@db:5432/ccdb'],
  ['redis://:12345@10.0.1.4:6379', 'redis://:***@10.0.1.4:6379'],
  ['docker://registry:5000/team/app@sha256:0a1b', 'docker://registry:5000/team/app@sha256:0a1b'],
  ['https://cc.internal:9023/d?mail=a@b', 'https://cc.internal:9023/d?mail=a@b'],
])('masks the password of a URL and nothing else: %s', (text, masked) => {
  expect(maskText(`curl ${text} -o x`)).toBe(`curl ${masked} -o x`);
});
