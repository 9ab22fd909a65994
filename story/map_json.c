/* map_json.c - the map as data. */
#include "story/map.h"

static bool add_passage(cJSON *list, const fd_story_map *map, size_t p, bool text) {
    const fd_map_passage *it = &map->passages[p];
    const fd_passage *passage = &map->story->twee.passages[p];
    cJSON *json = cJSON_CreateObject();
    if (!json || !cJSON_AddItemToArray(list, json)) {
        cJSON_Delete(json);
        return false;
    }
    return cJSON_AddStringToObject(json, "name", it->name) &&
           cJSON_AddStringToObject(json, "file", passage->source) &&
           cJSON_AddNumberToObject(json, "line", (double)passage->line) &&
           cJSON_AddBoolToObject(json, "told", it->told) &&
           cJSON_AddBoolToObject(json, "start", it->start) &&
           cJSON_AddBoolToObject(json, "dreams", it->dreams) &&
           cJSON_AddBoolToObject(json, "chance", it->chance) &&
           cJSON_AddBoolToObject(json, "ending", it->ending) &&
           (!map->plays || cJSON_AddNumberToObject(json, "visits", (double)it->visits)) &&
           (!text || cJSON_AddStringToObject(json, "text", it->told ? passage->text : ""));
}

static bool add_link(cJSON *list, const fd_story_map *map, const fd_map_link *it) {
    cJSON *json = cJSON_CreateObject();
    if (!json || !cJSON_AddItemToArray(list, json)) {
        cJSON_Delete(json);
        return false;
    }
    return cJSON_AddNumberToObject(json, "from", (double)it->from) &&
           cJSON_AddNumberToObject(json, "to", (double)it->to) &&
           cJSON_AddStringToObject(json, "label", fd_buffer_text(&it->label)) &&
           cJSON_AddStringToObject(json, "terms", fd_buffer_text(&it->terms)) &&
           (!map->plays || cJSON_AddNumberToObject(json, "taken", (double)it->taken));
}

cJSON *fd_map_json(const fd_story_map *map, bool text) {
    cJSON *json = cJSON_CreateObject();
    bool ok = cJSON_AddStringToObject(json, "title", map->story->title) &&
              cJSON_AddNumberToObject(json, "plays", (double)map->plays);
    cJSON *passages = ok ? cJSON_AddArrayToObject(json, "passages") : NULL;
    cJSON *links = passages ? cJSON_AddArrayToObject(json, "links") : NULL;
    ok = links != NULL;
    for (size_t p = 0; ok && p < map->story->twee.count; p++)
        ok = add_passage(passages, map, p, text);
    for (size_t i = 0; ok && i < map->link_count; i++)
        ok = add_link(links, map, &map->links[i]);
    if (ok)
        return json;
    cJSON_Delete(json);
    return NULL;
}
