/** A name or address as it stands in URLs: one of IPv6 in brackets, as it has colons of its own. */
export const urlHost = (host: string): string => (host.includes(":") ? `[${host}]` : host)

/** `host:port`, as Go's net.JoinHostPort has it. */
export const hostPort = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${urlHost(host)}:${port}`
