/** The query and path parameters of the API. https://kubernetes.io/docs/reference/kubernetes-api/common-parameters/ */

export type ParameterType = "string" | "integer" | "boolean"

export interface Parameter {
  readonly name: string
  readonly in: "query" | "path"
  readonly type: ParameterType
  readonly doc: string
}

const query = (name: string, type: ParameterType, doc: string): Parameter => ({ name, in: "query", type, doc })

const pretty = query("pretty", "string", "Whether the answer is indented for people.")
const dryRun = query("dryRun", "string", "All: the request is processed as always, but nothing is stored.")
const fieldManager = query("fieldManager", "string", "Who makes the change, at most 128 printable characters.")
const fieldValidation = query(
  "fieldValidation",
  "string",
  "What becomes of unknown and repeated fields. Strict: the request fails. Warn: each gives a warning. Ignore: they are dropped.",
)
const force = query(
  "force",
  "boolean",
  "Only for apply: takes fields from other managers instead of reporting conflicts.",
)
const gracePeriod = query(
  "gracePeriodSeconds",
  "integer",
  "How long the object may take to end, in seconds. 0 removes it at once.",
)
const storeReadError = query(
  "ignoreStoreReadErrorWithClusterBreakingPotential",
  "boolean",
  "Removes an object that cannot be read, without its finalizers and preconditions.",
)
const orphanDependents = query(
  "orphanDependents",
  "boolean",
  "Deprecated: use propagationPolicy. Whether dependents stay.",
)
const propagationPolicy = query(
  "propagationPolicy",
  "string",
  "What becomes of dependents. Orphan: they stay. Background: they are deleted afterwards. Foreground: they are deleted first.",
)

const bookmarks = query("allowWatchBookmarks", "boolean", "Whether a watch also tells how far it has come.")
const continueFrom = query("continue", "string", "Where the page before ended: the continue value of its metadata.")
const fieldSelector = query("fieldSelector", "string", "Only objects with these values in their fields.")
const labelSelector = query("labelSelector", "string", "Only objects with these labels.")
const limit = query("limit", "integer", "At most so many objects; the answer says how to get more.")
const resourceVersion = query("resourceVersion", "string", "How new the answer must be.")
const versionMatch = query("resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan.")
const initialEvents = query("sendInitialEvents", "boolean", "Whether a watch begins with the objects that exist.")
const shardSelector = query("shardSelector", "string", "Only objects of one shard.")
const timeoutSeconds = query("timeoutSeconds", "integer", "When the server ends the request, in seconds.")
const watch = query("watch", "boolean", "Whether changes are sent as they happen, instead of a list.")

export const READ: readonly Parameter[] = [pretty]
export const WRITE: readonly Parameter[] = [dryRun, fieldManager, fieldValidation, pretty]
export const PATCH_WRITE: readonly Parameter[] = [dryRun, fieldManager, fieldValidation, force, pretty]
export const DELETE: readonly Parameter[] = [
  dryRun,
  gracePeriod,
  storeReadError,
  orphanDependents,
  pretty,
  propagationPolicy,
]
export const LIST: readonly Parameter[] = [
  bookmarks,
  continueFrom,
  fieldSelector,
  labelSelector,
  limit,
  pretty,
  resourceVersion,
  versionMatch,
  initialEvents,
  shardSelector,
  timeoutSeconds,
  watch,
]
export const DELETE_COLLECTION: readonly Parameter[] = [
  continueFrom,
  dryRun,
  fieldSelector,
  gracePeriod,
  storeReadError,
  labelSelector,
  limit,
  orphanDependents,
  pretty,
  propagationPolicy,
  resourceVersion,
  versionMatch,
  initialEvents,
  shardSelector,
  timeoutSeconds,
]

const container = query("container", "string", "Which container; the only one when there is one.")
const streams = [
  query("stderr", "boolean", "Whether standard error is sent."),
  query("stdin", "boolean", "Whether standard input is taken."),
  query("stdout", "boolean", "Whether standard output is sent."),
  query("tty", "boolean", "Whether there is a terminal."),
]
const proxyPath = query("path", "string", "The path of the request that is passed on.")

/** Parameters of the subresources that are not served as objects, by resource and name. */
export const SUBRESOURCE_QUERY: ReadonlyMap<string, readonly Parameter[]> = new Map([
  ["pods/attach", [container, ...streams]],
  ["pods/exec", [query("command", "string", "The program and its arguments, one value each."), container, ...streams]],
  ["pods/portforward", [query("ports", "integer", "The ports to forward.")]],
  ["pods/proxy", [proxyPath]],
  ["services/proxy", [proxyPath]],
  ["nodes/proxy", [proxyPath]],
  [
    "pods/log",
    [
      container,
      query("follow", "boolean", "Whether lines are sent as they are written."),
      query("insecureSkipTLSVerifyBackend", "boolean", "Whether the node's certificate is not checked."),
      query("limitBytes", "integer", "At most so many bytes."),
      pretty,
      query("previous", "boolean", "The log of the container before its last restart."),
      query("sinceSeconds", "integer", "Only lines of the last so many seconds."),
      query("stream", "string", "All, Stdout or Stderr."),
      query("tailLines", "integer", "Only so many lines from the end."),
      query("timestamps", "boolean", "Whether each line begins with its time."),
    ],
  ],
])

const PATH_DOC: ReadonlyMap<string, string> = new Map([
  ["name", "The object's name."],
  ["namespace", "The object's namespace."],
  ["path", "The path of the request that is passed on."],
])

/** The parameters in a path such as `/pods/{name}`. */
export function pathParameters(path: string): readonly Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name = ""]): Parameter => ({ name, in: "path", type: "string", doc: PATH_DOC.get(name) ?? "" }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
