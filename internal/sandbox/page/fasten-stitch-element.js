// A stand-in for the connect widget: the element, its attributes and its events,
// without the provider behind it. It asks the sandbox that served this script.
//
// ?auto=USER,USER on the script's URL chooses for whoever cannot click; "none"
// closes without a choice, "decline" refuses, "tefca" takes every facility.
const here = new URL(import.meta.url);

async function ask(action, body) {
  const answer = await fetch(`${here.origin}/widget/${action}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  const json = await answer.json();
  if (!json.success) throw new Error(json.error || 'the sandbox refused');
  return json.data;
}

function make(tag, text, props = {}) {
  const e = document.createElement(tag);
  e.textContent = text;
  return Object.assign(e, props);
}

class FastenStitchElement extends HTMLElement {
  #connected = [];
  #panel;
  #said;
  #several;
  #over = false;
  #known = {};

  connectedCallback() {
    if (this.#panel) return;
    this.#panel = make('section', '', { className: 'sandbox-panel' });
    this.append(this.#panel);
    this.#start();
  }

  show() { this.#panel.hidden = false; }

  hide() { this.#panel.hidden = true; }

  get #publicID() { return this.getAttribute('public-id') || ''; }

  get #externalID() { return this.getAttribute('external-id') || ''; }

  get #isTEFCA() { return this.hasAttribute('tefca-mode') && this.getAttribute('tefca-mode') !== 'false'; }

  get #mode() {
    const parts = this.#publicID.split('_');
    return parts.length === 3 && parts[1] === 'live' ? 'live' : 'test';
  }

  #emit(type, data) {
    const event = { api_mode: this.#mode, event_type: type };
    if (data !== undefined) event.data = data;
    const detail = new MessageEvent('message', { data: JSON.stringify(event), origin: here.origin });
    this.dispatchEvent(new CustomEvent('eventBus', { detail, bubbles: true, composed: true }));
  }

  async #start() {
    try {
      this.#known = await ask('patients', { public_id: this.#publicID });
    } catch (problem) {
      this.#fail('fasten_config_error', problem.message);
      this.#emit('widget.config_error');
      this.#panel.append(make('p', `The widget cannot start: ${problem.message}.`));
      return;
    }
    this.#draw(this.#known);
    const auto = here.searchParams.get('auto');
    if (auto) setTimeout(() => this.#auto(auto), 200);
  }

  #draw(known) {
    this.#panel.append(make('p', 'Sandbox: no real clinic, no real patient.', { className: 'sandbox-note' }));
    const reconnect = this.getAttribute('reconnect-org-connection-id');
    if (reconnect) this.#drawReconnect(reconnect);
    else if (this.#isTEFCA) this.#drawFacilities(known.facilities);
    else this.#drawPatients(known);
    this.#said = make('p', '', { className: 'sandbox-said' });
    this.#said.setAttribute('role', 'status');
    this.#panel.append(this.#said, this.#foot());
  }

  #drawPatients(known) {
    this.#panel.append(make('h2', known.source), make('p', 'Sign in as one of its synthetic patients:'));
    const list = make('ul', '', { className: 'sandbox-list' });
    for (const p of known.patients) {
      const button = make('button', p.label, { type: 'button', onclick: () => this.#choose(p.user) });
      button.dataset.patient = p.user;
      button.append(make('span', `${p.user}@fooclinic.com, ${p.about}`, { className: 'sandbox-about' }));
      const item = make('li', '');
      item.append(button);
      list.append(item);
    }
    const label = make('label', '');
    this.#several = make('input', '', { type: 'checkbox' });
    label.append(this.#several, ' connect more than one');
    this.#panel.append(list, label);
  }

  #drawFacilities(facilities) {
    this.#panel.append(make('h2', 'Facilities that know you'));
    const list = make('ul', '', { className: 'sandbox-list' });
    for (const name of facilities) list.append(make('li', name));
    this.#panel.append(list, make('button', 'Share all', { type: 'button', className: 'sandbox-primary', onclick: () => this.#chooseFacilities(facilities) }));
  }

  #drawReconnect(id) {
    this.#panel.append(make('h2', 'Sign in again'), make('p', 'The consent has ended. Renew it?'));
    this.#panel.append(make('button', 'Renew', { type: 'button', className: 'sandbox-primary', onclick: () => this.#renew(id) }));
  }

  #foot() {
    const row = make('p', '', { className: 'sandbox-row' });
    row.append(
      make('button', 'Decline', { type: 'button', onclick: () => this.#decline() }),
      make('button', 'Finish', { type: 'button', onclick: () => this.#finish() }),
    );
    return row;
  }

  async #choose(patient) {
    await this.#connect({ patient });
    if (!this.#several?.checked && this.#connected.length > 0) this.#finish();
  }

  async #chooseFacilities(facilities) {
    for (const patient of facilities) await this.#connect({ patient, tefca: true });
    this.#finish();
  }

  async #renew(id) {
    await this.#connect({ reconnect: id });
    if (this.#connected.length > 0) this.#finish();
  }

  async #connect(choice) {
    if (this.#over) return;
    this.#pending(choice.reconnect);
    let made;
    try {
      made = await ask('connect', { public_id: this.#publicID, external_id: this.#externalID, ...choice });
    } catch (problem) {
      this.#fail('server_error', problem.message, choice.reconnect);
      return;
    }
    const c = made.connection;
    if (made.already) {
      this.#connected.push({ ...this.#entry(c), connection_status: 'connected', platform_type: 'tefca', scope: '', consent_expires_at: '' });
      return;
    }
    this.#emit('patient.connection_success', { ...c, external_id: this.#externalID, external_state: '' });
    this.#connected.push(this.#entry(c));
    this.#said.textContent = `${this.#connected.length} connected.`;
  }

  // What widget.complete tells: neither external_id nor request_id.
  #entry(c) {
    const { request_id, external_id, external_state, ...rest } = c;
    return rest;
  }

  #pending(reconnect) {
    const data = { public_id: this.#publicID, external_id: this.#externalID, external_state: '' };
    if (!this.#isTEFCA) {
      for (const name of ['brand_id', 'portal_id', 'endpoint_id']) data[name] = this.#known[name];
    }
    if (reconnect) data.org_connection_id = reconnect;
    this.#emit('patient.connection_pending', data);
  }

  #fail(error, description, reconnect) {
    const data = {
      error, error_description: description, request_id: crypto.randomUUID(), external_id: this.#externalID, external_state: '',
      patient_auth_type: this.#isTEFCA ? 'tefca_facilitated' : 'smart_on_fhir',
    };
    if (reconnect) data.org_connection_id = reconnect;
    this.#emit('patient.connection_failed', data);
    if (this.#said) this.#said.textContent = description;
  }

  #decline() {
    if (this.#over) return;
    const reconnect = this.getAttribute('reconnect-org-connection-id');
    this.#pending(reconnect);
    this.#fail('access_denied', 'The patient declined', reconnect);
  }

  #finish() {
    if (this.#over) return;
    this.#over = true;
    this.#said.textContent = this.#connected.length === 0 ? 'Closed without a connection.' : `Done: ${this.#connected.length} connected.`;
    for (const b of this.#panel.querySelectorAll('button, input')) b.disabled = true;
    this.#emit('widget.complete', this.#connected);
  }

  async #auto(choices) {
    const reconnect = this.getAttribute('reconnect-org-connection-id');
    if (choices === 'decline') this.#decline();
    else if (choices === 'tefca') await this.#chooseFacilities(this.#known.facilities);
    else if (choices !== 'none' && reconnect) await this.#connect({ reconnect });
    else if (choices !== 'none') for (const patient of choices.split(',')) await this.#connect({ patient });
    this.#finish();
  }
}

customElements.define('fasten-stitch-element', FastenStitchElement);
