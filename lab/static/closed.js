// Starts one worker from the text that the page hands over, and carries messages between both. It is no module: browsers
// load none into a worker of a frame without an origin.
addEventListener('message', ({ source, data, ports: [port] }) => {
  if (source !== parent || !port) return
  const url = URL.createObjectURL(new Blob([data.text], { type: 'text/javascript' }))
  const worker = new Worker(url)
  worker.onmessage = ({ data: message }) => port.postMessage({ message })
  worker.onerror = ({ message }) => port.postMessage({ lost: message || 'it could not be started' })
  port.onmessage = ({ data: { message } }) => worker.postMessage(message)
})
