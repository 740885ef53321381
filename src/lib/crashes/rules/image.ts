import { type Context, type Judgement, mib } from './judgement.ts';
import { imageKind, type DiskFailure, type ProcessEvidence } from '../evidence.ts';
import { maskSecrets } from '../mask.ts';
import { missingOf } from '../missing.ts';
import { raiseQuota, shrinkApp, target } from '../remedies.ts';

/** Rule 3. */
export function imageCounts(process: ProcessEvidence, failures: DiskFailure[], context: Context): Judgement {
  const kind = imageKind(process.rootfs);
  const said = failures.filter((failure) => failure.class === 'image-size');
  const evidence: string[] = [];
  const sizes = said.map(({ text }) => /(\d{4,})\/(\d{4,}) bytes/.exec(text)).find((match) => match !== null);
  if (sizes != null) {
    evidence.push(
      `The image has ${mib(Number(sizes[1]))} MB in its layers, the quota is ${mib(Number(sizes[2]))} MB.`,
    );
  } else if (said.length > 0) {
    evidence.push('Making the container failed because the image is larger than the quota, by its own text.');
  }
  if (kind === 'docker') evidence.push('It runs from a Docker image, whose layers count against the quota.');
  if (kind === 'layer') evidence.push('Its droplet is a layer of the image and counts against the quota.');
  const contradicting =
    kind === undefined && process.rootfs !== null && said.length > 0
      ? [`Its root file system is ${maskSecrets(process.rootfs)}, which is not an image of its own.`]
      : [];
  return {
    verdict: 'image-counts',
    confidence: said.length > 0 ? (contradicting.length > 0 ? 'medium' : 'high') : 'medium',
    evidence,
    contradicting,
    missing: process.rootfs === null ? missingOf(context.evidence, 'store') : [],
    remedies: [...target(process), ...raiseQuota(process, context.max), shrinkApp(process)],
  };
}
