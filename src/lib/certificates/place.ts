import type { Purpose } from './x509.ts';

/** What a component does with the certificate at a place, and so what the certificate must be good for. */
export interface Place {
  /** For example `bbs server`. */
  name: string;
  needs: readonly Purpose[];
  /** IP addresses that must be among the names. */
  ips: readonly string[];
  /** Why, and where that is written. */
  why: string;
}

interface PlaceRule extends Omit<Place, 'ips'> {
  ips?: readonly string[];
  /** Tried on the normalised locator, see {@link placeOf}. */
  matches: RegExp;
}

/**
 * The places, first match wins. `name.of.a.property` are the jobs' properties (diego-release, jobs/<job>/spec), `diego_…` the
 * variables of cf-deployment, and `jobs.<job>.config.certs` where the jobs write them on a VM.
 */
const RULES: readonly PlaceRule[] = [
  {
    name: 'bbs server',
    matches: /(^|\.)bbs\.server_cert$|\.bbs\.config\.certs\.server\.crt$|(^|[._-])bbs[_-]server(\.|$)/,
    needs: ['server', 'client'],
    why: 'the BBS shows it to its clients and to Locket (diego-release, jobs/bbs/templates/bbs.json.erb)',
  },
  {
    name: 'rep',
    matches:
      /\.rep\.(properties\.)?tls\.cert(ificate)?$|\.rep\.config\.certs\.tls\.crt$|(^|[._-])rep[_-](agent|server)(_v2)?(\.|$)/,
    needs: ['server', 'client'],
    ips: ['127.0.0.1'],
    why: 'the rep shows it to callers, to the BBS and to Locket, and does not start without 127.0.0.1 in it (rep, cmd/rep/main.go)',
  },
  {
    name: 'instance identity CA',
    matches: /instance_identity_ca_cert$|(^|[._-])instance_identity_ca(\.|$)|\.rep\.instance_identity\.crt$/,
    needs: ['ca'],
    why: "the executor signs containers' certificates with it (diego-release, jobs/rep/spec)",
  },
  {
    name: 'locket server',
    matches:
      /\.locket\.(properties\.)?tls\.cert(ificate)?$|\.locket\.config\.certs\.server\.crt$|(^|[._-])locket[_-]server(\.|$)/,
    needs: ['server'],
    why: 'Locket shows it to its clients (diego-release, jobs/locket/spec)',
  },
  {
    name: 'auctioneer server',
    matches:
      /(^|\.)auctioneer\.server_cert$|\.auctioneer\.config\.certs\.auctioneer\.server\.crt$|(^|[._-])auctioneer[_-]server(\.|$)/,
    needs: ['server'],
    why: 'the auctioneer shows it to the BBS (diego-release, jobs/auctioneer/spec)',
  },
  {
    name: 'ssh-proxy client',
    matches:
      /(^|\.)ssh_proxy\..*client_cert$|\.backends\.tls\.client_certificate$|\.ssh_proxy\.config\.certs\..*client\.crt$|(^|[._-])ssh_proxy_backends_tls(\.|$)/,
    needs: ['client'],
    why: 'the SSH proxy shows it to the BBS and to containers (diego-release, jobs/ssh_proxy/spec)',
  },
  {
    name: 'cfdot client',
    matches: /\.cfdot\.(properties\.)?tls\.certificate$|\.cfdot\.config\.certs\..*client\.crt$/,
    needs: ['client'],
    why: 'cfdot shows it to the BBS, reps and Locket (diego-release, jobs/cfdot/spec)',
  },
  {
    name: 'file server',
    matches: /\.file_server\.(properties\.)?tls\.cert$|(^|[._-])file_server_cert(\.|$)/,
    needs: ['server'],
    why: 'cells download from it (diego-release, jobs/file_server/spec)',
  },
  ...clientOf('bbs', 'the BBS'),
  ...clientOf('rep', 'reps'),
  ...clientOf('locket', 'Locket'),
  ...clientOf('auctioneer', 'the auctioneer'),
  {
    name: 'client',
    matches: /(^|[._-])client([_-]cert(ificate)?)?(\.(crt|pem|cert|cer|certificate))?$/,
    needs: ['client'],
    why: 'its name says that it is shown to a server',
  },
  {
    name: 'server',
    matches: /(^|[._-])server([_-]cert(ificate)?)?(\.(crt|pem|cert|cer|certificate))?$/,
    needs: ['server'],
    why: 'its name says that it is shown to clients',
  },
];

function clientOf(component: string, name: string): PlaceRule[] {
  return [
    {
      name: `${component} client`,
      matches: new RegExp(
        `(^|[._-])${component}\\.client_cert$|\\.certs\\.${component}\\.client\\.crt$|(^|[._-])${component}[_-]client(\\.|_cert|$)`,
      ),
      needs: ['client'],
      why: `it is shown to ${name}`,
    },
  ];
}

/**
 * The place of a certificate by its file name, its path in a manifest or its field in bbs.json; `null` for places without
 * known needs. The property path of a job (`instance_groups[name=cell].jobs[name=rep].properties.tls.cert`) and the path of a
 * file (`/var/vcap/jobs/rep/config/certs/tls.crt`) are normalised to names with dots.
 */
export function placeOf(locator: string): Place | null {
  const normalised = locator
    .replaceAll(/\[name=([^\]]*)\]/g, '.$1')
    .replaceAll('/', '.')
    .toLowerCase();
  const rule = RULES.find(({ matches }) => matches.test(normalised));
  return rule === undefined
    ? null
    : { name: rule.name, needs: rule.needs, ips: rule.ips ?? [], why: rule.why };
}

/** What a live TLS endpoint needs, whoever it is. */
export const ENDPOINT: Place = {
  name: 'endpoint',
  needs: ['server'],
  ips: [],
  why: 'the endpoint presents it to its clients',
};
