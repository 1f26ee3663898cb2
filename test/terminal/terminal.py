"""Runs a command on a terminal of its own. Standard input: JSON {"command": [...], "steps": [[verb, ...], ...]}. Prints JSON:
what came before each step's end, whether the terminal's modes are as before, how the command ended."""
import fcntl, json, os, pty, select, signal, struct, sys, termios, time

request = json.load(sys.stdin)
master, slave = pty.openpty()
size = lambda rows, columns: fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
size(24, 80)
before = termios.tcgetattr(slave)
child = os.fork()
if child == 0:
    os.close(master)
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2): os.dup2(slave, fd)
    os.execvp(request['command'][0], request['command'])
seen = b''
parts = []
ended = None

def read(timeout):
    global seen
    ready, _, _ = select.select([master], [], [], timeout)
    if ready:
        try: seen += os.read(master, 65536)
        except OSError: return False
    return True

def poll():
    global ended
    if ended is None:
        pid, status = os.waitpid(child, os.WNOHANG | os.WUNTRACED)
        if pid and not os.WIFSTOPPED(status): ended = status
        return bool(pid) and os.WIFSTOPPED(status)

for verb, *words in request['steps']:
    end = time.time() + 20
    if verb == 'wait':  # for a text, in what comes from now on
        while words[0].encode() not in seen and time.time() < end and ended is None: read(0.1); poll()
    elif verb == 'send': os.write(master, words[0].encode())
    elif verb == 'size': size(*words)
    elif verb == 'signal': os.kill(child, getattr(signal, words[0]))
    elif verb == 'stopped':
        stopped = False
        while not stopped and time.time() < end: read(0.1); stopped = poll()
    elif verb == 'end':
        while ended is None and time.time() < end: read(0.1); poll()
    while select.select([master], [], [], 0.05)[0] and read(0): pass
    # Same modes: cooked, with echo.
    parts.append({'step': verb, 'output': seen.decode('utf8', 'replace'), 'cooked': termios.tcgetattr(slave)[:4] == before[:4]})
    seen = b''
if ended is None: os.kill(child, signal.SIGKILL); ended = os.waitpid(child, 0)[1]
print(json.dumps({'parts': parts, 'status': os.waitstatus_to_exitcode(ended)}))
