// Opens a warehouse with DuckDB's own Node package, reads every view to the end, and
// writes its name, row count and a hash of its rows. Arguments: the package's entry file, the warehouse.
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";

const [entry, database] = process.argv.slice(2);
const { DuckDBInstance, version } = await import(pathToFileURL(entry));
const instance = await DuckDBInstance.create(database, { access_mode: "READ_ONLY" });
const connection = await instance.connect();
await connection.run("set TimeZone = 'UTC'");
console.log(`version ${version()}`);
const views = await connection.runAndReadAll(
  "select view_name from duckdb_views() where schema_name = 'main' and not internal order by view_name",
);
for (const [view] of views.getRows()) {
  const read = await connection.runAndReadAll(`select columns(*)::varchar from "${view}" order by all`);
  const rows = read.getRows();
  const hash = createHash("sha256").update(JSON.stringify(rows)).digest("hex").slice(0, 16);
  console.log(`${view} ${rows.length} ${hash}`);
}
