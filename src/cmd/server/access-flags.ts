import { UserError } from "../../cli/user-error.ts"
import { parseDuration } from "../../machinery/time/duration.ts"

/** What the server command says about webhooks that know users, and about who decides what they may do. */

export const ACCESS_FLAGS = {
  "authentication-token-webhook-config-file": { type: "string" },
  "authentication-token-webhook-version": { type: "string" },
  "authentication-token-webhook-cache-ttl": { type: "string" },
  "authorization-config": { type: "string" },
  "authorization-mode": { type: "string" },
  "authorization-webhook-config-file": { type: "string" },
  "authorization-webhook-version": { type: "string" },
  "authorization-webhook-cache-authorized-ttl": { type: "string" },
  "authorization-webhook-cache-unauthorized-ttl": { type: "string" },
} as const

export const ACCESS_FILES = [
  "authentication-token-webhook-config-file",
  "authorization-config",
  "authorization-webhook-config-file",
] as const

type AccessFlags = { readonly [K in keyof typeof ACCESS_FLAGS]?: string | undefined }

export interface AccessSettings {
  readonly tokenWebhook?: { readonly file: string; readonly version: "v1" | "v1beta1"; readonly cacheMs: number }
  /** A file, or what flags say instead. Absent: the node authorizer, then RBAC. */
  readonly authorization?: { readonly file: string } | { readonly modes: readonly AuthorizationMode[] }
}

export interface AuthorizationMode {
  readonly type: string
  readonly name: string
  readonly webhook?: {
    readonly authorizedTTL: string
    readonly cacheAuthorizedRequests: boolean
    readonly unauthorizedTTL: string
    readonly cacheUnauthorizedRequests: boolean
    readonly timeout: string
    readonly subjectAccessReviewVersion: string
    readonly failurePolicy: string
    readonly connectionInfo: { readonly type: string; readonly kubeConfigFile: string }
  }
}

const MODES = ["AlwaysAllow", "AlwaysDeny", "ABAC", "Webhook", "RBAC", "Node"]

/** Throws `UserError`, in Kubernetes' words where it has them. */
export function readAccessFlags(flags: AccessFlags): AccessSettings {
  const tokenWebhook = readTokenWebhook(flags)
  const authorization = readAuthorization(flags)
  return { ...(tokenWebhook && { tokenWebhook }), ...(authorization && { authorization }) }
}

function readTokenWebhook(flags: AccessFlags): AccessSettings["tokenWebhook"] {
  const file = flags["authentication-token-webhook-config-file"]
  if (!file) return undefined
  const version = flags["authentication-token-webhook-version"] || "v1beta1"
  if (version !== "v1" && version !== "v1beta1") {
    const supported = 'supported versions are "v1", "v1beta1"'
    throw refused(`unsupported authentication webhook version ${JSON.stringify(version)}, ${supported}`)
  }
  const ttl = flags["authentication-token-webhook-cache-ttl"] || "2m"
  return { file, version, cacheMs: milliseconds(ttl, "authentication-token-webhook-cache-ttl") }
}

function readAuthorization(flags: AccessFlags): AccessSettings["authorization"] {
  const file = flags["authorization-config"]
  const modesText = flags["authorization-mode"]
  const webhookFile = flags["authorization-webhook-config-file"]
  const others = Object.entries(flags).filter(([name, value]) => name.startsWith("authorization-") && value)
  if (file) {
    if (others.length === 1) return { file }
    throw refused(
      "--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined",
    )
  }
  if (others.length === 0) return undefined
  const modes = (modesText || "Node,RBAC").split(",").filter((mode) => mode !== "")
  if (modes.length === 0) throw refused("at least one authorization-mode must be passed")
  for (const mode of modes) {
    if (!MODES.includes(mode)) throw refused(`authorization-mode ${JSON.stringify(mode)} is not a valid mode`)
    if (mode === "ABAC") throw refused("authorization-mode ABAC's authorization policy file not passed")
    if (mode === "Webhook" && !webhookFile) {
      throw refused("authorization-mode Webhook's authorization config file not passed")
    }
  }
  if (webhookFile && !modes.includes("Webhook")) {
    throw refused("cannot specify --authorization-webhook-config-file without mode Webhook")
  }
  if (new Set(modes).size < modes.length) {
    const listed = modes.map((mode) => JSON.stringify(mode)).join(" ")
    throw refused(`authorization-mode [${listed}] has mode specified more than once`)
  }
  return {
    modes: modes.map((type) => ({
      type,
      name: type === "Webhook" ? "default" : type.toLowerCase(),
      ...(type === "Webhook" && { webhook: webhookOf(flags, webhookFile ?? "") }),
    })),
  }
}

function webhookOf(flags: AccessFlags, kubeConfigFile: string): NonNullable<AuthorizationMode["webhook"]> {
  const ttl = (name: keyof AccessFlags, normal: string) => {
    const text = flags[name] || normal
    return { text, isOn: milliseconds(text, name) > 0 }
  }
  const authorized = ttl("authorization-webhook-cache-authorized-ttl", "5m")
  const unauthorized = ttl("authorization-webhook-cache-unauthorized-ttl", "30s")
  const version = flags["authorization-webhook-version"] || "v1beta1"
  if (version !== "v1" && version !== "v1beta1") {
    const supported = 'supported versions are "v1", "v1beta1"'
    throw refused(`unsupported webhook authorizer version ${JSON.stringify(version)}, ${supported}`)
  }
  return {
    authorizedTTL: authorized.text,
    cacheAuthorizedRequests: authorized.isOn,
    unauthorizedTTL: unauthorized.text,
    cacheUnauthorizedRequests: unauthorized.isOn,
    timeout: "30s",
    subjectAccessReviewVersion: version,
    failurePolicy: "NoOpinion",
    connectionInfo: { type: "KubeConfigFile", kubeConfigFile },
  }
}

function milliseconds(text: string, name: string): number {
  const duration = parseDuration(text)
  if (duration !== undefined) return Number(duration) / 1e6
  throw refused(`invalid argument "${text}" for "--${name}" flag: time: invalid duration "${text}"`)
}

const refused = (message: string) => new UserError(message, { exitCode: 2 })
