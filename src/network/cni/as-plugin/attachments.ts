/**
 * What a runtime that calls CNI plugins asks of the node's agent, by way of a small program that it takes for a plugin:
 * one JSON document each way over a Unix socket. https://www.cni.dev/docs/spec/#section-2-execution-protocol
 */
export interface AttachmentQuestion {
  /** CNI_COMMAND. */
  readonly command: string
  readonly containerId: string
  readonly netns: string
  readonly interfaceName: string
  /** CNI_ARGS: `KEY=VALUE;…`. */
  readonly args: string
  /** The plugin's configuration, as CNI hands it over. */
  readonly config: PluginConfiguration
}

export interface PluginConfiguration {
  readonly cniVersion?: string
  /** Where the agent listens. */
  readonly socket?: string
  readonly runtimeConfig?: { readonly portMappings?: readonly PluginPortMapping[] }
}

/** `hostPort`, `containerPort`, `protocol`, `hostIP`: in small or capital letters, as runtimes see fit (containerd: `HostPort`). */
export type PluginPortMapping = Readonly<Record<string, unknown>>

/** `failed` is what a plugin prints when it fails; `result` what it prints otherwise, if anything. */
export type AttachmentAnswer =
  | { readonly result?: object }
  | { readonly failed: { readonly code: number; readonly msg: string } }

/** Try again later. */
export const CODE_LATER = 11
/** What STATUS says when no pod can be wired now. */
export const CODE_UNAVAILABLE = 50
/** The first of those that plugins give a meaning. */
export const CODE_OWN = 100
export const CNI_VERSION = "1.0.0"
