import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { extname, join } from "node:path"
import { decode } from "../../machinery/decode/decode.ts"
import { aggregateMessages, formatFieldError } from "../../machinery/field/error.ts"
import { quote } from "../../machinery/field/quote.ts"
import { parseYaml } from "../../machinery/json/yaml.ts"
import { isObject } from "../../machinery/patch/structure.ts"
import { bool, duration, list, message, string, struct } from "../../machinery/schema/fields.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { providerProblems } from "./validate-providers.ts"

const name = (kind: string): string => `io.k8s.kubelet.config.v1.${kind}`

const ExecEnvVar = struct(
  name("ExecEnvVar"),
  {
    name: string(1, { doc: "The variable's name.", always: true }),
    value: string(2, { doc: "Its value.", always: true }),
  },
  { doc: "A variable in a plugin's environment." },
)

const TokenAttributes = struct(
  name("ServiceAccountTokenAttributes"),
  {
    serviceAccountTokenAudience: string(1, { doc: "Whom tokens are for.", always: true }),
    cacheType: string(2, { doc: "Token, or ServiceAccount: for which of them credentials are kept.", always: true }),
    requireServiceAccount: bool(3, { doc: "Pods without a service account get nothing.", pointer: true }),
    requiredServiceAccountAnnotationKeys: list(4, "string", { doc: "Annotations that an account must have." }),
    optionalServiceAccountAnnotationKeys: list(5, "string", { doc: "Annotations that are told as well." }),
  },
  { doc: "What a plugin is told of a pod's service account." },
)

const CredentialProvider = struct(
  name("CredentialProvider"),
  {
    name: string(1, { doc: "The program's name in the folder of plugins.", always: true }),
    matchImages: list(2, "string", { doc: "For which images it is asked." }),
    defaultCacheDuration: duration(3, { doc: "How long its answers are kept, unless they say so." }),
    apiVersion: string(4, { doc: "The version of request and answer.", always: true }),
    args: list(5, "string", { doc: "Arguments of the program." }),
    env: list(6, ExecEnvVar, { doc: "Variables besides those of the kubelet." }),
    tokenAttributes: message(7, TokenAttributes, { doc: "What it is told of the pod's service account." }),
  },
  { doc: "A program that knows credentials." },
)
export type CredentialProvider = TypeOf<typeof CredentialProvider>

/** https://kubernetes.io/docs/reference/config-api/kubelet-config.v1/#kubelet-config-k8s-io-v1-CredentialProviderConfig */
const CredentialProviderConfig = struct(
  name("CredentialProviderConfig"),
  {
    apiVersion: string(1, { doc: "The version." }),
    kind: string(2, { doc: "The kind." }),
    providers: list(3, CredentialProvider, { doc: "The plugins, in the order in which their answers count." }),
  },
  { doc: "The plugins that know credentials of registries." },
)

const groupVersions = new Set(["v1", "v1beta1", "v1alpha1"].map((version) => `kubelet.config.k8s.io/${version}`))
const extensions = new Set([".json", ".yaml", ".yml"])

export interface ProviderConfig {
  readonly providers: readonly CredentialProvider[]
  /** Of the files, for who watches over nodes. */
  readonly hash: string
}

/** Reads a CredentialProviderConfig, or all in a folder. Throws an `Error` in the kubelet's words. */
export function readProviderConfig(path: string): ProviderConfig {
  const hash = createHash("sha256")
  const providers: CredentialProvider[] = []
  for (const file of filesOf(path)) {
    const data = readFileSync(file)
    const length = Buffer.alloc(8)
    length.writeBigUInt64BE(BigInt(data.length))
    hash.update(length).update(data)
    for (const provider of parseProviders(data.toString(), file)) {
      if (providers.some((each) => each.name === provider.name)) {
        throw new Error(`duplicate provider name ${quote(provider.name)} found in configuration file(s)`)
      }
      providers.push(provider)
    }
  }
  const problems = providerProblems(providers).map(formatFieldError)
  if (problems.length > 0) {
    throw new Error(`failed to validate credential provider config: ${aggregateMessages(problems)}`)
  }
  return { providers, hash: `sha256:${hash.digest("hex")}` }
}

function filesOf(path: string): string[] {
  let found: ReturnType<typeof statSync>
  try {
    found = statSync(path)
  } catch (cause) {
    throw new Error(`unable to access path ${quote(path)}: ${messageOf(cause)}`, { cause })
  }
  if (!found.isDirectory()) return [path]
  const files = readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && extensions.has(extname(entry.name)))
    .map((entry) => join(path, entry.name))
    .sort()
  if (files.length === 0) throw new Error(`no configuration files found in directory ${quote(path)}`)
  return files
}

function parseProviders(text: string, file: string): readonly CredentialProvider[] {
  try {
    const parsed = parseYaml(text)
    const { apiVersion, kind } = isObject(parsed.value) ? parsed.value : {}
    if (kind !== "CredentialProviderConfig" || typeof apiVersion !== "string" || !groupVersions.has(apiVersion)) {
      const found = `${JSON.stringify(kind ?? "")} of ${JSON.stringify(apiVersion ?? "")}`
      throw new Error(`found ${found}, expected CredentialProviderConfig of kubelet.config.k8s.io/v1`)
    }
    const { object } = decode(CredentialProviderConfig, parsed, "Strict")
    return (object as TypeOf<typeof CredentialProviderConfig>).providers ?? []
  } catch (cause) {
    throw new Error(`error decoding config ${quote(file)}: ${messageOf(cause)}`, { cause })
  }
}
