import socket,threading,time,sys
def serve(s):
    c,_=s.accept(); c.recv(1<<16); c.sendall(b'y'*2048); time.sleep(0.1); c.close()
s=socket.socket(); s.setsockopt(1,2,1); s.bind(('127.0.0.1',int(sys.argv[1]))); s.listen(5)
t=threading.Thread(target=serve,args=(s,)); t.start()
c=socket.create_connection(('127.0.0.1',int(sys.argv[1]))); c.sendall(b'x'*4096); n=0
while True:
    b=c.recv(65536)
    if not b: break
c.close(); t.join(); s.close()
try: socket.create_connection(('127.0.0.1',1),timeout=1)
except OSError: pass
