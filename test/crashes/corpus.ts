/**
 * Texts as operators meet them: what the components of several releases write, and what issue trackers quote, each with the
 * pattern and the class that it must get.
 */
export type CorpusEntry = [text: string, pattern: string, crashClass: string];

const LONG_PATHS = Array.from(
  { length: 40 },
  (_, i) => `tar: ./app/node_modules/package-${i}/lib/index-${i}.js: Cannot write`,
).join('\n');

/** As the BBS stores it: cut at 1,024 characters (bbs/db/sqldb truncateString). */
const cut = (text: string): string => text.slice(0, 1024);

export const CORPUS: CorpusEntry[] = [
  // Copying in, with the detail.
  [
    'Copying into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./app/node_modules/aws-sdk/dist/aws-sdk.js: Cannot write: Disk quota exceeded',
    'copy-in-disk',
    'copy-in',
  ],
  [
    'Copying droplet into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./deps/0/python/lib/python3.11/site-packages/torch/lib/libtorch_cpu.so: Cannot write: Disk quota exceeded\ntar: Exiting with failure status due to previous errors\n',
    'copy-in-disk',
    'copy-in',
  ],
  [
    'Copying app package into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./data.bin: Wrote only 2048 of 10240 bytes\ntar: Exiting with failure status due to previous errors\n',
    'copy-in-disk',
    'copy-in',
  ],
  [
    'Copying buildpack java_buildpack into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./lib: Cannot mkdir: No space left on device\n',
    'copy-in-disk',
    'copy-in',
  ],
  [
    'Copying build artifacts cache into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./cache: Cannot mkdir: No space left on device',
    'copy-in-disk',
    'copy-in',
  ],
  [
    'Copying droplet into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: app/public/assets: Quota exceeded',
    'copy-in-disk',
    'copy-in',
  ],
  [
    'COPYING INTO THE CONTAINER FAILED: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./x: Cannot write: DISK QUOTA EXCEEDED',
    'copy-in-disk',
    'copy-in',
  ],
  [
    'stream-in: nstar: error streaming in: exit status 2. Output: tar: ./app/x: Cannot write: Disk quota exceeded',
    'copy-in-disk',
    'copy-in',
  ],
  [
    cut(
      `Copying droplet into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./app/a: Cannot write: Disk quota exceeded\n${LONG_PATHS}`,
    ),
    'copy-in-disk',
    'copy-in',
  ],
  [
    'exceeded 15m0s timeout; Copying droplet into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./x: Cannot write: No space left on device',
    'copy-in-disk',
    'copy-in',
  ],
  // Without it, as before 2017.
  ['Copying into the container failed', 'copy-in-bare', 'copy-in'],
  ['Copying into the container failed\n', 'copy-in-bare', 'copy-in'],
  ['Copying droplet into the container failed', 'copy-in-bare', 'copy-in'],
  ['2 error(s) occurred:\n\n* Copying into the container failed\n* cancelled', 'copy-in-bare', 'copy-in'],
  // Cut before the detail.
  [
    cut(
      `Copying droplet into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./${'deeply/nested/'.repeat(90)}file: Cannot write: Disk quota exceeded`,
    ),
    'copy-in-cut',
    'copy-in',
  ],
  // The same prefix for other reasons.
  [
    'Copying droplet into the container failed: stream-in: pid not found for container',
    'copy-in-container-gone',
    'copy-in',
  ],
  [
    'Copying droplet into the container failed: unknown handle: 76648818-29fa-45d5-5843-93ca',
    'copy-in-container-gone',
    'copy-in',
  ],
  [
    'Copying into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: Unexpected EOF in archive\ntar: Error is not recoverable: exiting now',
    'copy-in-interrupted',
    'copy-in',
  ],
  [
    'Copying droplet into the container failed: Post "http://api/containers/c1/files": read unix @->/var/vcap/data/garden/garden.sock: connection reset by peer',
    'copy-in-interrupted',
    'copy-in',
  ],
  [
    'Copying into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: This does not look like a tar archive\ntar: Skipping to next header',
    'copy-in-interrupted',
    'copy-in',
  ],
  [
    'Copying into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./app: Cannot mkdir: Permission denied',
    'copy-in-permission',
    'copy-in',
  ],
  [
    'Copying into the container failed: stream-in: nstar: error streaming in: exit status 1. Output: execveat: Invalid argument\n',
    'copy-in-permission',
    'copy-in',
  ],
  ['Copying into the container failed: something nobody has seen before', 'copy-in-other', 'copy-in'],

  // The image.
  [
    'failed to create container: running image plugin create: pulling the image: layers exceed disk quota 1380124672/1073741824 bytes\n: exit status 1',
    'image-layers-exceed-quota',
    'image-size',
  ],
  [
    'failed to create container: running image plugin create: making image: creating image: applying disk limits: disk limit is smaller than volume size\n: exit status 1',
    'image-volume-exceeds-quota',
    'image-size',
  ],
  [
    'failed to create container: running image plugin create: pulling the image: streaming blob `sha256:abc`: writing blob to tempfile: uncompressed layer size exceeds quota\n: exit status 1',
    'image-layer-exceeds-quota',
    'image-size',
  ],
  ['failed to initialize container: quota exceeded', 'image-quota-exceeded', 'image-size'],

  // The cell's own disk.
  [
    'failed to create container: running image plugin create: making image: mkdir /var/vcap/data/grootfs/store/unprivileged/images/f1: no space left on device\n: exit status 1',
    'host-disk-full',
    'host-disk',
  ],
  [
    'failed to create container: open /var/vcap/data/rep/shared/garden/download_cache/d1: no space left on device',
    'host-disk-full',
    'host-disk',
  ],
  [
    'failed to create container: runc create: exit status 1: process_linux.go:258: applying cgroup configuration for process caused "mkdir /sys/fs/cgroup/memory/d7581e52: no space left on device"',
    'cgroup-limit',
    'container-create',
  ],

  // Downloads and uploads.
  ['Downloading failed', 'download-failed', 'download'],
  ['Downloading droplet failed', 'download-failed', 'download'],
  ['Downloading app package failed', 'download-failed', 'download'],
  ['Failed to download buildpack', 'download-failed', 'download'],
  ['exceeded 15m0s timeout; Downloading droplet failed', 'download-failed', 'download'],
  ['failed to download cached artifacts', 'download-cached-dependencies', 'download'],
  ['Failed to upload payload for droplet', 'upload-failed', 'upload'],
  ['Upload failed: Status code 503', 'upload-failed', 'upload'],
  ['Failed to find first item in tar stream for build artifacts cache', 'upload-failed', 'upload'],

  // Volumes and credentials.
  [
    'failed to mount volume, errors: {"SafeDescription":"mount.nfs: access denied by server while mounting 10.0.4.9:/export"}',
    'volume-mount',
    'volume-mount',
  ],
  ['failed to mount volume', 'volume-mount', 'volume-mount'],
  ['failed to create volume mounted files', 'volume-mount', 'volume-mount'],
  ['failed to create credentials directory', 'credentials-directory', 'container-create'],
  ['cred-manager-runner exited: failed to generate credentials', 'credentials-directory', 'container-create'],

  // Making the container.
  ['failed to create container: max containers reached', 'max-containers-reached', 'container-create'],
  [
    'failed to create container: running image plugin create: making image: creating image: applying disk limits: apply disk limit: <nil>:  setting quota to /var/vcap/data/grootfs/store/unprivileged/images/b1639404: setting quota limit for projid 2: function not implemented: exit status 1',
    'quota-not-applied',
    'container-create',
  ],
  [
    'failed to create container: running image plugin create: fetching list of layer infos: fetching image reference: errors: denied: requested access to the resource is denied\nunauthorized: authentication required\n: exit status 1',
    'image-pull',
    'image-pull',
  ],
  [
    'failed to create container: running image plugin create: fetching image reference: reading manifest latest in docker.io/library/app: toomanyrequests: You have reached your pull rate limit.',
    'image-pull',
    'image-pull',
  ],
  [
    'failed to create container: running image plugin create: pulling the image: unpacking layer `sha256:78060342299850c2553a62002006edb88d2aa86e9c27d7373d2ef52a8092e919`: link ./deps/0/conda/pkgs/bin/clear /home/vcap/deps/0/conda/bin/clear: no such file or directory\n: exit status 1',
    'container-create-failed',
    'container-create',
  ],
  [
    'failed to create container: external networker up: exit status 1: cannot add port mapping',
    'container-network',
    'container-create',
  ],
  [
    'failed to create container: Post "http://api/containers": dial unix /var/vcap/data/garden/garden.sock: connect: connection refused',
    'container-create-unreachable',
    'container-create',
  ],
  ['failed to create container: container init PID was 0', 'container-create-failed', 'container-create'],
  ['failed to initialize container', 'container-create-failed', 'container-create'],
  [
    'failed to initialize container: Error response from daemon',
    'container-create-failed',
    'container-create',
  ],
  [
    'runc exec: exit status 1: exec failed: container_linux.go:348: starting container process caused "exec: \\"/tmp/lifecycle/launcher\\": stat /tmp/lifecycle/launcher: no such file or directory"',
    'container-create-failed',
    'container-create',
  ],
  ['unable to find user vcap: no matching entries in passwd file', 'image-user-missing', 'container-create'],

  // Cells.
  ['expired container', 'container-expired', 'cell'],
  ['missing garden container', 'container-missing', 'cell'],
  ['task container does not exist', 'container-missing', 'cell'],
  ['cell disappeared before completion', 'cell-disappeared', 'cell'],
  ['unable to communicate to compatible cells', 'cells-unreachable', 'cell'],
  ['invalid state transition', 'rep-internal', 'cell'],

  // The app.
  ['APP/PROC/WEB: Exited with status 1', 'exit-status', 'app-exit'],
  ['APP/PROC/WORKER: Exited with status 255', 'exit-status', 'app-exit'],
  ['APP/PROC/WEB/SIDECAR/CONFIG-SERVER: Exited with status 2', 'exit-status', 'app-exit'],
  ['APP/TASK/migrate: Exited with status 1', 'exit-status', 'app-exit'],
  ['Exited with status 4', 'exit-status', 'app-exit'],
  [
    '2 error(s) occurred:\n\n* 2 error(s) occurred:\n\n* Exited with status 2\n* cancelled\n* cancelled',
    'exit-status',
    'app-exit',
  ],
  ['app instance exited', 'exit-status', 'app-exit'],
  ['APP/PROC/WEB: Exited with status 127', 'exit-command-not-found', 'app-exit'],
  [
    'APP/PROC/WEB: Exited with status 126; CELL/SSHD: Exited with status 0',
    'exit-command-not-found',
    'app-exit',
  ],
  ['CELL/SSHD: Exited with status 255', 'ssh-exited', 'app-exit'],
  ['APP/PROC/WEB: Exited with status 137', 'killed', 'app-exit'],
  ['APP/PROC/WEB: Exited with status 137 (out of memory)', 'out-of-memory', 'memory-quota'],
  [
    '2 error(s) occurred:\n\n* 2 error(s) occurred:\n\n* Exited with status 137 (out of memory)\n* cancelled\n* cancelled',
    'out-of-memory',
    'memory-quota',
  ],
  ['out of memory', 'out-of-memory', 'memory-quota'],
  [
    'Instance became unhealthy: Liveness check unsuccessful: failed to make TCP connection to 10.255.1.9:8080: connection refused; APP/PROC/WEB: Exited with status 137 (out of memory)',
    'out-of-memory',
    'memory-quota',
  ],
  [
    'APP/PROC/WEB: Exited with status 4; write /home/vcap/app/tmp/cache: disk quota exceeded',
    'exit-disk-full',
    'disk-full',
  ],
  [
    'APP/PROC/WEB: Exited with status 1; Errno::ENOSPC No space left on device @ io_write - /home/vcap/logs/app.log',
    'exit-disk-full',
    'disk-full',
  ],
  ['write /home/vcap/tmp/upload-91: disk quota exceeded', 'disk-words', 'disk-full'],
  [
    'APP/PROC/WEB: Exited with status 137 (exceeded 10s graceful shutdown interval)',
    'killed-not-stopping',
    'not-stopping',
  ],
  ['exceeded graceful shutdown interval', 'killed-not-stopping', 'not-stopping'],
  ['process did not exit', 'did-not-exit', 'not-stopping'],
  ['Codependent step exited', 'codependent-exited', 'codependent'],
  ['2 error(s) occurred:\n\n* Codependent step exited\n* cancelled', 'codependent-exited', 'codependent'],

  // Health.
  [
    'Instance never healthy after 1m0s: Timed out after 1m0s: health check never passed.',
    'never-healthy',
    'health-check',
  ],
  [
    'Instance never healthy after 1m0s: Failed to make TCP connection to port 8080: connection refused; process did not exit',
    'never-healthy',
    'health-check',
  ],
  [
    'Instance never healthy after 1m0.101s: Failed to make TCP connection to port 8080: connection refused; APP/PROC/WEB: Exited with status 143',
    'never-healthy',
    'health-check',
  ],
  ['failed to accept connections within health check timeout', 'never-healthy', 'health-check'],
  [
    "Instance became unhealthy: Liveness check unsuccessful: failed to make HTTP request to '/health' on port 8080: timed out after 1.00 seconds",
    'became-unhealthy',
    'health-check',
  ],
  [
    "Instance became unhealthy: Failed to make HTTP request to '/status' on port 8080: received status code 503 in 12ms; APP/PROC/WEB: Exited with status 143",
    'became-unhealthy',
    'health-check',
  ],
  [
    'Instance never healthy after 1m0s: instance proxy failed to start: Failed to make TCP connection to port 61001: connection refused',
    'proxy-failed',
    'proxy',
  ],
  ['instance proxy failed to start', 'proxy-failed', 'proxy'],
  ['PROXY: Exited with status 137; Codependent step exited', 'proxy-failed', 'proxy'],
  ['exceeded 10m0s timeout', 'step-timeout', 'timeout'],
  ['exceeded 15m0s timeout; process did not exit', 'step-timeout', 'timeout'],

  // Placement.
  ['insufficient resources: disk', 'insufficient-disk', 'insufficient-resources'],
  ['insufficient resources: containers, disk, memory', 'insufficient-disk', 'insufficient-resources'],
  ['insufficient resources: memory', 'insufficient-memory', 'insufficient-resources'],
  ['insufficient resources: containers', 'insufficient-containers', 'insufficient-resources'],
  ['insufficient resources', 'insufficient-resources', 'insufficient-resources'],
  ['waiting to start instance: reached in-flight start limit', 'in-flight-limit', 'insufficient-resources'],
  ['found no compatible cell', 'no-compatible-cell', 'no-compatible-cell'],
  ['found no compatible cell for required rootfs', 'no-cell-with-rootfs', 'no-compatible-cell'],
  [
    'found no compatible cell with required volume drivers',
    'no-cell-with-volume-driver',
    'no-compatible-cell',
  ],
  [
    'found no compatible cell with placement tags "isolated-egress" and "gpu"',
    'no-cell-with-placement-tag',
    'no-compatible-cell',
  ],
  ['found no compatible cell with no placement tags', 'no-cell-with-placement-tag', 'no-compatible-cell'],
  [
    'found no compatible cell with volume drivers: [nfsv3driver] and placement tags: ["isolated-egress"]',
    'no-cell-with-volume-driver',
    'no-compatible-cell',
  ],
  ['not started within time limit', 'task-not-started', 'task-not-started'],

  // Staging.
  ['STG: Exited with status 222', 'staging-detect', 'buildpack'],
  ['Exited with status 223', 'staging-compile', 'buildpack'],
  ['Exited with status 224 (out of memory)', 'out-of-memory', 'memory-quota'],
  ['Exited with status 236', 'staging-compile', 'buildpack'],
  ['staging failed', 'staging-failed', 'staging'],
  ['failed to fetch result', 'task-result', 'task-result'],
  ['result file is too large (over 51200 bytes)', 'task-result', 'task-result'],
  ['stopped-before-running', 'stopped', 'stopped'],
  ['task was cancelled', 'stopped', 'stopped'],

  // What nobody knows.
  ['the dog ate the droplet', 'unknown', 'unknown'],
  ['', 'unknown', 'unknown'],
  ['\u0000\ufffd binary', 'unknown', 'unknown'],
];
