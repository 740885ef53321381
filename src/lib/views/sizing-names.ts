/** The first characters of a GUID, as tables shorten them; names stay. */
export function shortId(id: string): string {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(id) ? id.slice(0, 8) : id;
}

export function appName(app: { app_name: string | null; process_guid: string }): string {
  return app.app_name ?? shortId(app.process_guid);
}
