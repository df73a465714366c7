import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { parseYaml } from "../../machinery/json/yaml.ts"
import type { WebhookTarget } from "./target.ts"

/**
 * Reads where a webhook is from the current context of a kubeconfig, and who this server is to it: a client
 * certificate or a token. Relative paths start at the file. Throws an `Error` that says what is wrong, also for ways to
 * sign in that do not work here.
 */
export function webhookOfKubeconfig(file: string): WebhookTarget {
  const config = entry(parseYaml(readFileSync(file, "utf8")).value, file)
  const name = text(config, "current-context")
  const context = named(config, "contexts", name, "context")
  const cluster = named(config, "clusters", text(context, "cluster"), "cluster")
  const userName = text(context, "user")
  const user = userName === "" ? NOBODY : named(config, "users", userName, "user")
  const url = text(cluster, "server")
  if (!url.startsWith("https://")) throw new Error(`${file}: server: found "${url}", expected an https URL`)
  refuse(cluster, ["proxy-url"])
  refuse(user, ["exec", "auth-provider", "username", "password", "as", "as-groups", "as-uid", "as-user-extra"])
  const ca = readPem(cluster, "certificate-authority")
  const cert = readPem(user, "client-certificate")
  const key = readPem(user, "client-key")
  const tokenFile = text(user, "tokenFile")
  const token = tokenFile === "" ? text(user, "token") : readFileSync(at(tokenFile), "utf8").trim()
  if ((cert === undefined) !== (key === undefined)) {
    throw new Error(`${file}: user "${userName}": a client certificate and its key belong together`)
  }
  const serverName = text(cluster, "tls-server-name")
  return {
    url,
    ...(serverName && { serverName }),
    ...(cluster.get("insecure-skip-tls-verify") === true && { insecure: true }),
    ...(ca && { caBundle: Buffer.from(ca).toString("base64") }),
    identity: { ...(cert && { cert }), ...(key && { key }), ...(token && { token }) },
  }

  function at(path: string): string {
    return resolve(dirname(file), path)
  }
  function readPem(from: Entry, name: string): string | undefined {
    const data = text(from, `${name}-data`)
    if (data !== "") return Buffer.from(data, "base64").toString()
    const path = text(from, name)
    return path === "" ? undefined : readFileSync(at(path), "utf8")
  }
  function named(from: Entry, list: string, wanted: string, what: string): Entry {
    const entries: unknown = from.get(list)
    for (const one of Array.isArray(entries) ? entries : []) {
      const found = entry(one, file)
      if (found.get("name") === wanted) return entry(found.get(what), file)
    }
    throw new Error(`${file}: found no "${wanted}" in ${list}`)
  }
  function refuse(from: Entry, keys: readonly string[]): void {
    const found = keys.find((one) => from.get(one) !== undefined && from.get(one) !== false)
    if (found !== undefined) throw new Error(`${file}: ${found} is not supported for webhooks`)
  }
}

type Entry = ReadonlyMap<string, unknown>
const NOBODY: Entry = new Map()

function entry(value: unknown, file: string): Entry {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return new Map(Object.entries(value))
  throw new Error(`${file}: found no kubeconfig`)
}

function text(from: Entry, key: string): string {
  const value = from.get(key)
  return typeof value === "string" ? value : ""
}
