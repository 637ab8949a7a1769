/** What the commands of this folder do not know: handed in by the program's entry, where all rooms meet. */
export interface Parts {
  /** Starts the server. */
  serve: () => Promise<RunningServer>
  /** Runs the worked example. */
  demo: () => Promise<void>
}

export interface RunningServer {
  url: string
  stop(): Promise<void>
}
