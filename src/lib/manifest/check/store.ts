import { isPlaceholder } from '../placeholders.ts';
import type { View } from '../view.ts';
import type { ManifestSet } from './model.ts';
import type { Rule } from './rule.ts';

const SPEC = 'diego-release jobs/bbs/spec, jobs/locket/spec';

/** Where a job is told how to reach its SQL store, and which job that is. */
interface SqlStore {
  job: 'bbs' | 'locket';
  view: View;
}

function sqlStores(set: ManifestSet): SqlStore[] {
  const found: SqlStore[] = [];
  for (const job of ['bbs', 'locket'] as const) {
    const views = [
      ...set.properties.map((properties) => properties.at('diego', job, 'sql')),
      ...set.stubs.map((stub) => stub.at('sql_overrides', job)),
    ];
    for (const view of views) if (view.map) found.push({ job, view });
  }
  return found;
}

/** A bbs.json or locket.json, which have the store at their top. */
function configs(set: ManifestSet): View[] {
  return set.documents.filter(
    (root) => root.get('database_connection_string').exists || root.get('database_driver').exists,
  );
}

/** `postgres://user:password@host/db` or `user:password@tcp(host)/db`: user and password, not URL-decoded. */
function credentials(url: string): { user: string; password: string } | undefined {
  const match = /^(?:[a-z]+:\/\/)?([^:/@]*):(.*)@[^@]*$/s.exec(url);
  return match ? { user: match[1]!, password: match[2]! } : undefined;
}

function isDefaultPassword(password: string, user: string | undefined): boolean {
  return password === '' || isPlaceholder(password) || password === user;
}

/** PEM with something between its lines; a reference counts as a certificate. */
function hasCertificate(view: View): boolean {
  if (view.isUnknown) return true;
  const text = view.text ?? '';
  return /-----BEGIN [A-Z ]*CERTIFICATE-----\s*[A-Za-z0-9+/=]/.test(text.replaceAll('\\n', '\n'));
}

export const storeRules: Rule[] = [
  {
    id: 'store/driver',
    severity: 'error',
    what: 'the driver of the SQL store is not postgres',
    why: 'Without db_driver the job takes mysql; cgdiego, and the platform here, have the store on PostgreSQL.',
    next: 'Set db_driver to postgres.',
    source: `${SPEC}: db_driver, default mysql`,
    *check({ set }) {
      for (const { job, view } of sqlStores(set)) {
        const driver = view.get('db_driver');
        if (driver.isUnknown || driver.text === 'postgres') continue;
        if (
          driver.isEmpty &&
          !['db_host', 'db_connection_string', 'db_schema'].some((key) => view.get(key).exists)
        )
          continue;
        yield {
          at: driver.exists ? driver : view,
          what: driver.isEmpty
            ? `${job} has no db_driver, which means mysql.`
            : `The driver of ${job} is ${driver.text ?? '?'}.`,
        };
      }
      for (const root of configs(set)) {
        const driver = root.get('database_driver');
        if (driver.text !== 'postgres')
          yield { at: driver, what: `database_driver is ${driver.text ?? 'not set'}.` };
      }
    },
  },
  {
    id: 'store/tls',
    severity: 'error',
    what: 'the connection to the SQL store does not require TLS',
    why: 'Keys do not help when rows and passwords cross the network in the clear.',
    next: 'Set require_ssl: true and ca_cert.',
    source: `${SPEC}: require_ssl, default false; cf-deployment operations/use-external-dbs.yml removes it`,
    *check({ set }) {
      for (const { job, view } of sqlStores(set)) {
        const required = view.get('require_ssl');
        if (required.isUnknown || required.boolean === true) continue;
        yield {
          at: required.exists ? required : view,
          what: `${job} does not require TLS to its store (require_ssl).`,
        };
      }
      for (const root of configs(set)) {
        if ((root.get('sql_ca_cert_file').text ?? '') === '')
          yield {
            at: root.get('sql_ca_cert_file'),
            what: 'sql_ca_cert_file is not set, so the connection has no TLS.',
          };
      }
    },
  },
  {
    id: 'store/ca',
    severity: 'error',
    what: 'TLS to the SQL store without a CA certificate',
    why: 'Without the CA the server cannot be told from one that pretends to be it.',
    next: 'Put the CA bundle of the database server into ca_cert.',
    source: `${SPEC}: ca_cert`,
    *check({ set }) {
      for (const { job, view } of sqlStores(set)) {
        const ca = view.get('ca_cert');
        if (view.get('require_ssl').boolean === true && !hasCertificate(ca)) {
          yield {
            at: ca.exists ? ca : view,
            what: `${job} requires TLS to its store and has no CA certificate (ca_cert).`,
          };
        }
      }
    },
  },
  {
    id: 'store/default-password',
    severity: 'error',
    what: 'the password of the SQL store is a default, a placeholder or the user name',
    why: 'Everybody knows it.',
    next: 'Set a password of its own, best through a ((variable)).',
    source: '18F cg-deploy-diego, secrets.example.yml',
    *check({ set }) {
      for (const { job, view } of sqlStores(set)) {
        const password = view.get('db_password');
        if (password.text !== undefined && isDefaultPassword(password.text, view.get('db_username').text)) {
          yield { at: password, what: `The store's password of ${job} is a default.` };
        }
        const url = view.get('db_connection_string');
        const parts = credentials(url.text ?? '');
        if (parts && isDefaultPassword(parts.password, parts.user))
          yield { at: url, what: `The connection string of ${job} has a default password.` };
      }
      for (const root of configs(set)) {
        const url = root.get('database_connection_string');
        const parts = credentials(url.text ?? '');
        if (parts && isDefaultPassword(parts.password, parts.user))
          yield { at: url, what: 'The connection string has a default password.' };
      }
    },
  },
  {
    id: 'store/etcd-left',
    severity: 'warn',
    what: 'etcd properties or an etcd job beside a SQL store',
    why: 'The BBS does not use etcd since diego-release 2.0. What is left misleads, and an etcd VM costs money.',
    next: 'Take them out, or set them to null.',
    source: 'diego-release docs/050-data-stores.md',
    *check({ set }) {
      if (sqlStores(set).length === 0) return;
      const places = [
        ...set.properties.flatMap((properties) => [
          properties.at('diego', 'bbs', 'etcd'),
          properties.get('etcd'),
        ]),
        ...set.stubs.flatMap((stub) => [
          stub.at('property_overrides', 'bbs', 'etcd'),
          stub.at('property_overrides', 'etcd'),
          stub.at('bbs_overrides', 'etcd_properties'),
        ]),
      ];
      for (const view of places) if (!view.isEmpty) yield { at: view, what: `${view.path} is still set.` };
      for (const group of set.groups) {
        if (group.roles.has('bbs') && group.jobNames.has('etcd')) {
          yield {
            at: group.jobs.find((job) => job.get('name').text === 'etcd') ?? group.view,
            what: `${group.name} still runs etcd.`,
          };
        }
      }
    },
  },
];
