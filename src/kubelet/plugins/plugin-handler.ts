/** A plugin that has said who it is. */
export interface PluginRegistration {
  readonly name: string
  /** The absolute path of the socket on which it serves its own calls. */
  readonly endpoint: string
  /** Never empty strings; may be an empty list. */
  readonly versions: readonly string[]
}

/** Whoever uses the plugins of one type. */
export interface PluginHandler {
  /** As plugins name it: `CSIPlugin`, `DevicePlugin` or `DRAPlugin`. */
  readonly type: string
  /** Throws when the plugin cannot be used; it is told why. */
  validate(plugin: PluginRegistration): void
  /** Begins to use the plugin. Rejects when that failed; it is told why, and asked again later. */
  register(plugin: PluginRegistration): Promise<void>
  /** The plugin's socket is gone. */
  deregister(plugin: PluginRegistration): Promise<void>
}
