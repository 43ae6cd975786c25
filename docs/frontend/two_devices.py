from uuid import uuid4

from sync import Collection

url = "http://127.0.0.1:8888/v1/tasks"
phone = Collection(url, auth=("alice", "secret"))
laptop = Collection(url, auth=("alice", "secret"))

id = str(uuid4())
phone.change(id, {"title": "Buy milk", "done": False})
phone.sync()
laptop.sync()

# Both are offline, and change the same task.
phone.change(id, {**phone.records[id], "title": "Buy oat milk"})
laptop.change(id, {**laptop.records[id], "done": True})
phone.sync()
laptop.sync()  # 412: it merges, and tries again
phone.sync()
print(phone.records[id]["title"], phone.records[id]["done"])

laptop.change(id, None)
laptop.sync()
phone.sync()
print(len(phone.records), len(laptop.records))
