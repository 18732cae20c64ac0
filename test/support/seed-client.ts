/**
 * The JavaScript client of the original design, as it stands there but for the address and for
 * collecting what it would print.
 */
export async function seedClient(baseUrl: string): Promise<string[]> {
  const printed: string[] = [];
  const console = { log: (text: string): number => printed.push(text) };

  const response = await fetch(baseUrl + '/api/chat/stream', {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({
      message: "Explain quantum computing",
      model: "llama2"
    })
  });

  const reader = response.body!.getReader();
  const decoder = new TextDecoder();

  while (true) {
    const {done, value} = await reader.read();
    if (done) break;

    const chunk = decoder.decode(value);
    // Process SSE events
    const events = chunk.split('\n\n');
    for (const event of events) {
      if (event.startsWith('data: ')) {
        const data = JSON.parse(event.slice(6));
        if (data.token) {
          // Append token to UI
          console.log(data.token);
        }
      }
    }
  }
  return printed;
}
