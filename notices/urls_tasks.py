"""Tasks: 我的待办, calendar, boards, materials, extensions."""

from django.urls import URLPattern, path

from notices.views import boards, calendar, expected, extensions, feed, materials, tasks, todo

patterns: list[URLPattern] = [
    path("todo/", todo.Todo.as_view(), name="todo"),
    path("todo/calendar/", calendar.Calendar.as_view(), name="calendar"),
    path("todo/feed/", feed.FeedLink.as_view(), name="feed_link"),
    path("feeds/<slug:token>.ics", feed.Feed.as_view(), name="feed"),
    path("tasks/<uuid:uuid>/", tasks.TaskRecord.as_view(), name="task"),
    path("tasks/<uuid:uuid>/steps/<slug:step>/", tasks.TaskStep.as_view(), name="task_step"),
    path("tasks/<uuid:uuid>/material/", materials.MaterialFill.as_view(), name="material"),
    path(
        "tasks/<uuid:uuid>/material/autosave/",
        materials.MaterialAutosave.as_view(),
        name="material_autosave",
    ),
    path("tasks/<uuid:uuid>/extension/", extensions.ExtensionAsk.as_view(), name="extension_ask"),
    path("material-files/<uuid:uuid>/", materials.MaterialDownload.as_view(), name="material_file"),
    path("extensions/", extensions.ExtensionList.as_view(), name="extensions"),
    path("extensions/<uuid:uuid>/", extensions.ExtensionRecord.as_view(), name="extension"),
    path("boards/", boards.Boards.as_view(), name="boards"),
    path("duties/<uuid:uuid>/", boards.Board.as_view(), name="board"),
    path("duties/<uuid:uuid>/urge/", boards.Urge.as_view(), name="urge"),
    path("duties/<uuid:uuid>/expected/", expected.Expected.as_view(), name="expected"),
    path(
        "duties/<uuid:uuid>/expected/remove/",
        expected.ExpectedRemove.as_view(),
        name="expected_remove",
    ),
    path("units/<uuid:uuid>/tasks/", tasks.UnitTasks.as_view(), name="unit_tasks"),
]
