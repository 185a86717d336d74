import { catalogue } from 'onward-lab:catalogue'
import { mount } from 'svelte'
import './style/base.css'
import './style/flows.css'
import App from './App.svelte'

mount(App, { target: document.getElementById('lab')!, props: { catalogue } })

if ('serviceWorker' in navigator && location.protocol !== 'file:')
  navigator.serviceWorker.register('service-worker.js').catch(() => undefined)
