import { createHash } from "node:crypto"
import { Pod } from "../../api/core/v1/pod.ts"
import { firstApiReference } from "../../api/core/v1/pod-references.ts"
import type { Toleration } from "../../api/core/v1/toleration.ts"
import { decode } from "../../machinery/decode/decode.ts"
import { applyDefaults } from "../../machinery/defaulting/apply-defaults.ts"
import { formatFieldError } from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import type { ParsedJson } from "../../machinery/json/parse.ts"
import { parseYamlDocuments } from "../../machinery/json/yaml.ts"
import { isObject } from "../../machinery/patch/structure.ts"
import type { Draft } from "../../machinery/schema/schema.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { validateObjectMeta } from "../../machinery/validation/object-meta.ts"
import { canonicalText } from "../../machinery/validation/repeated-items.ts"
import { validateStruct } from "../../machinery/validation/validate-struct.ts"
import { HASH_ANNOTATION, SEEN_ANNOTATION, staticSource } from "./static-pod.ts"

type PodDraft = Draft<Pod>

/** Static pods stay on a node that is in trouble. */
const TOLERATION: Toleration = { operator: "Exists", effect: "NoExecute" }
const UID_LENGTH = 32

/**
 * Reads the pod in a manifest, JSON or YAML, as the node runs it: with defaults, with the node's name at the end of its
 * own, and with a uid that changes when the manifest does. Throws an `Error` that says what is wrong with it.
 */
export function parseManifest(
  text: string,
  where: { readonly file: string; readonly nodeName: string; readonly seen: string },
): Pod {
  const pod = decodeManifest(text, where.file)
  if (!pod.metadata.name) throw new Error("invalid pod: name is needed for the pod")
  identify(pod, where)
  applyDefaults(Pod.struct, pod)
  // As the API server does for its pods; it makes the status as well.
  Pod.strategy.prepareCreate?.(pod as never, { user: { name: "", groups: [], extra: new Map() }, now: where.seen })
  const problems = [
    ...validateObjectMeta(pod.metadata as Pod["metadata"], { namespaced: true }),
    ...validateStruct(Pod.struct, pod as never, FieldPath.root()),
    ...(Pod.strategy.validate?.(pod as never) ?? []),
    ...(Pod.strategy.validateCreate?.(pod as never) ?? []),
  ]
  if (problems.length > 0) throw new Error(`invalid pod: [${problems.map(formatFieldError).join(" ")}]`)
  const reference = firstApiReference(pod)
  if (reference !== undefined) throw new Error(`static pods may not reference ${reference}`)
  return pod as unknown as Pod
}

function decodeManifest(text: string, file: string): PodDraft {
  try {
    const parsed = onlyDocument(text)
    checkKind(parsed.value)
    const { object } = decode(Pod.struct, parsed, "Strict")
    const pod = object as unknown as PodDraft
    pod.metadata ??= {} as PodDraft["metadata"]
    pod.spec ??= { containers: [] } as unknown as PodDraft["spec"]
    return pod
  } catch (error) {
    const why = messageOf(error)
    throw new Error(`${file}: couldn't parse as pod(${why}), please check config file`, { cause: error })
  }
}

function onlyDocument(text: string): ParsedJson {
  const [document, second] = parseYamlDocuments(text)
  if (document === undefined) throw new Error("the file is empty")
  if (second !== undefined) throw new Error("found several documents, expected one pod in a file")
  return document
}

function checkKind(value: unknown): void {
  const { apiVersion, kind } = isObject(value) ? value : {}
  if (!kind) throw new Error(`Object 'Kind' is missing in '${JSON.stringify(value)}'`)
  if (!apiVersion) throw new Error(`Object 'apiVersion' is missing in '${JSON.stringify(value)}'`)
  if (kind === "Pod" && apiVersion === "v1") return
  throw new Error(`found ${JSON.stringify(kind)} of ${JSON.stringify(apiVersion)}, expected Pod of v1`)
}

function identify(pod: PodDraft, { file, nodeName, seen }: { file: string; nodeName: string; seen: string }): void {
  const { metadata, spec } = pod
  if (!metadata.uid) {
    const identity = [canonicalText(pod), `host:${nodeName}`, `file:${file}`].join("\n")
    metadata.uid = createHash("sha256").update(identity).digest("hex").slice(0, UID_LENGTH)
  }
  metadata.name = `${metadata.name}-${nodeName.toLowerCase()}`
  metadata.namespace ||= "default"
  spec.nodeName = nodeName
  const hash = { [HASH_ANNOTATION]: metadata.uid, [SEEN_ANNOTATION]: seen }
  metadata.annotations = { ...metadata.annotations, ...hash, ...staticSource }
  const others = (spec.tolerations ?? []).filter((each) => !isSameTaint(each))
  spec.tolerations = [...others, { ...TOLERATION }]
}

function isSameTaint({ effect, key = "", operator, value = "" }: Draft<Toleration>): boolean {
  return effect === TOLERATION.effect && key === "" && operator === TOLERATION.operator && value === ""
}
