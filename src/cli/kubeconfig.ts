import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { dirname } from "node:path"
import { onFirstUse } from "../platform/on-first-use.ts"
import { UserError } from "./user-error.ts"

const yaml = onFirstUse<typeof import("yaml")>("yaml")

/** Adds a cluster's credentials to a kubeconfig, and takes them out. Everything else in the file stays, comments too. */

export interface KubeconfigEntry {
  /** Of cluster, user and context. */
  readonly name: string
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** Loads what a change takes, for those who have to wait for something else before it. */
export function prepareKubeconfig(): void {
  yaml()
}

/** Puts the entry in, replacing one of the same name, and makes its context the current one. */
export function mergeKubeconfig(text: string, entry: KubeconfigEntry): string {
  const document = read(text)
  const { name } = entry
  put(document, "clusters", name, {
    cluster: { "certificate-authority-data": base64(entry.ca), server: entry.server },
  })
  put(document, "contexts", name, { context: { cluster: name, user: name } })
  put(document, "users", name, {
    user: { "client-certificate-data": base64(entry.cert), "client-key-data": base64(entry.key) },
  })
  document.set("current-context", name)
  return document.toString()
}

/** Replaces the user's credentials when there are such; everything else stays as it is. */
export function renewInKubeconfig(text: string, { name, cert, key }: KubeconfigEntry): string {
  const document = read(text)
  const users = document.get("users")
  if (!(users instanceof yaml().YAMLSeq)) return text
  if (!users.items.some((item) => item instanceof yaml().YAMLMap && item.get("name") === name)) return text
  put(document, "users", name, {
    user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) },
  })
  return document.toString()
}

/** Takes the entry out. The current context is unset when it was this one. */
export function removeFromKubeconfig(text: string, name: string): string {
  const document = read(text)
  for (const list of ["clusters", "contexts", "users"]) {
    const entries = document.get(list)
    if (!(entries instanceof yaml().YAMLSeq)) continue
    entries.items = entries.items.filter((item) => !(item instanceof yaml().YAMLMap && item.get("name") === name))
  }
  if (document.get("current-context") === name) document.set("current-context", "")
  return document.toString()
}

/** Throws `UserError` when a kubeconfig file cannot be changed. Changes nothing. */
export function checkKubeconfig(file: string): void {
  let folder = dirname(file)
  while (!existsSync(folder)) folder = dirname(folder)
  try {
    if (!statSync(folder).isDirectory()) throw new Error(`found a file at ${folder}, expected a folder`)
    accessSync(folder, constants.W_OK)
    if (existsSync(file) && !statSync(file).isFile()) throw new Error(`found something else than a file at ${file}`)
  } catch (error) {
    throw new UserError(`cannot write ${file}: ${textOf(error)}. Name another file with --kubeconfig.`, {
      cause: error,
    })
  }
  changeKubeconfig(file, (text) => {
    read(text)
    return text
  })
}

/** Changes a kubeconfig file; a missing one counts as empty. The file is replaced as a whole, readable by its owner only. */
export function changeKubeconfig(file: string, change: (text: string) => string): void {
  const before = existsSync(file) ? readFileSync(file, "utf8") : ""
  let after: string
  try {
    after = change(before)
  } catch (error) {
    const text = `${file} is not a kubeconfig: ${textOf(error)}. Repair it, or name another file with --kubeconfig.`
    throw new UserError(text, { cause: error })
  }
  if (after === before) return
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const mode = existsSync(file) ? statSync(file).mode & 0o777 : 0o600
  writeFileSync(`${file}.new`, after, { mode })
  renameSync(`${file}.new`, file)
}

function read(text: string) {
  const document = yaml().parseDocument(text.trim() === "" ? "apiVersion: v1\nkind: Config\npreferences: {}\n" : text)
  const [error] = document.errors
  if (error !== undefined) throw error
  if (!(document.contents instanceof yaml().YAMLMap)) throw new Error("expected a mapping at the top")
  return document
}

function put(document: ReturnType<typeof read>, list: string, name: string, content: object): void {
  const entry = document.createNode({ name, ...content })
  const entries = document.get(list)
  if (!(entries instanceof yaml().YAMLSeq)) {
    document.set(list, document.createNode([entry]))
    return
  }
  const at = entries.items.findIndex((item) => item instanceof yaml().YAMLMap && item.get("name") === name)
  if (at < 0) entries.items.push(entry)
  else entries.items[at] = entry
}

/** The first line: parsers add a picture of the place. */
const textOf = (error: unknown): string =>
  (error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)).replace(/[.:]+$/, "")

const base64 = (text: string): string => Buffer.from(text).toString("base64")
