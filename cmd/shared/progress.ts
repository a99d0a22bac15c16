const everyMs = { terminal: 100, file: 10_000 }

/** One line that changes on a terminal; elsewhere a line now and then, so that a log shows life without filling up. */
export interface Progress extends AsyncDisposable {
  say(text: string): void
  /** Shows the last line and leaves it standing. */
  end(): void
}

export function openProgress(output: NodeJS.WriteStream = process.stderr): Progress {
  const onTerminal = output.isTTY
  const pauseMs = onTerminal ? everyMs.terminal : everyMs.file
  let shownAt = performance.now() - (onTerminal ? pauseMs : 0)
  let latest = ''
  let shown = ''

  function show(): void {
    if (latest === shown) return
    // A line that the terminal breaks could not be taken back.
    output.write(onTerminal ? `\r\u001b[K${latest.slice(0, output.columns - 1)}` : `${latest}\n`)
    shown = latest
    shownAt = performance.now()
  }

  function end(): void {
    show()
    if (onTerminal && shown !== '') output.write('\n')
    shown = latest = ''
  }

  return {
    say(text) {
      latest = text
      if (performance.now() - shownAt >= pauseMs) show()
    },
    end,
    async [Symbol.asyncDispose]() {
      end()
    },
  }
}
